//! Looks for operations and flags that the headers have on Arm and this crate has not.

use super::{COMPILERS, CONSTANTS, compile, expected, includes};
use std::collections::BTreeSet;

/// What the names of operations, flags and answers begin with.
const FAMILIES: &[&str] = &[
    "CONSOLEIO_",
    "DOMID_",
    "DPCI_",
    "EVTCHN",
    "FLASK_",
    "GNTCOPY_",
    "GNTMAP_",
    "GNTST_",
    "GNTTAB",
    "GTF_",
    "GUEST_",
    "HVMOP_",
    "HVM_PARAM_",
    "LIVEPATCH_",
    "PHYSDEVOP_",
    "RUNSTATE_",
    "SCHEDOP_",
    "SHUTDOWN_",
    "VCPUOP_",
    "VGCF_",
    "VIRQ_",
    "VMASST_",
    "XENFEAT_",
    "XENMAPSPACE_",
    "XENMEM",
    "XENPF_",
    "XENVER_",
    "XEN_ARGO_OP_",
    "XEN_DMOP_",
    "XEN_DOMCTL_",
    "XEN_DOMINF_",
    "XEN_HYPFS_",
    "XEN_INVALID_",
    "XEN_LIVEPATCH_",
    "XEN_SCHEDULER_",
    "XEN_SYSCTL_",
    "XEN_VCPUAFFINITY_",
    "XEN_VM_EVENT_",
    "__HYPERVISOR_",
];

/// What the names of the parameters begin with of operations that Arm does not have.
const NOT_ON_ARM: &[&str] = &[
    "GNTMAP_guest_avail",
    "GTF_PAT",
    "GTF_PCD",
    "GTF_PWT",
    "HVMOP_ALTP2M_",
    "HVMOP_altp2m_",
    "HVM_PARAM_CALLBACK_TYPE_GSI",
    "HVM_PARAM_CALLBACK_TYPE_PCI_INTX",
    "PHYSDEVOP_DBGP_",
    "PHYSDEVOP_IRQ_",
    "VMASST_TYPE_",
    "XENMEM_FORK_",
    "XENMEM_SHARING_OP_",
    "XENMEM_paging_op_",
    "XENMEM_sharing_op_",
    "XENPF_ACPI_",
    "XEN_DMOP_DELETE_",
    "XEN_DMOP_EVENT_",
    "XEN_DMOP_IOREQ_MEM_",
    "XEN_DMOP_MEM_",
    "XEN_DOMCTL_DEBUG_OP_",
    "XEN_DOMCTL_DELETE_",
    "XEN_DOMCTL_MEM_",
    "XEN_DOMCTL_MONITOR_EVENT_",
    "XEN_DOMCTL_PFINFO_",
    "XEN_DOMCTL_PSR_",
    "XEN_DOMCTL_SENDTRIGGER_",
    "XEN_DOMCTL_SHADOW_",
    "XEN_DOMCTL_VMSI_X86_",
    "XEN_DOMCTL_vmtrace_",
    "XEN_SYSCTL_CPU_",
    "XEN_SYSCTL_CX_",
    "XEN_SYSCTL_PSR_",
    "XEN_SYSCTL_cpu_featureset_",
    "XEN_SYSCTL_pm_op_",
];

/// Names that mean no more than another one, or bound a list.
const SYNONYMS: &[&str] = &[
    "GNTTABOP_error_msgs",
    "GUEST_RAM_BANK_BASES",
    "GUEST_RAM_BANK_SIZES",
    "GUEST_RAM_BASE",
    "GUEST_VPCI_ADDR_TYPE_MEM",
    "GUEST_VPCI_ADDR_TYPE_PREFETCH_MEM",
    "PHYSDEVOP_pirq_eoi_gmfn",
    "SHUTDOWN_MAX",
    "XENPF_settime",
];

#[test]
fn every_operation_and_flag_is_here() {
    let ours = expected();
    for compiler in COMPILERS {
        let macros = compile(compiler, &["-E", "-dM"], &includes());
        let names: BTreeSet<&str> = macros
            .lines()
            .filter_map(|line| line.strip_prefix("#define ")?.split_once(' '))
            .map(|(name, _)| name)
            .filter(|name| !name.contains('(') && FAMILIES.iter().any(|family| name.starts_with(family)))
            .collect();
        assert!(names.len() > 500, "{}: only {} names", compiler.0, names.len());
        let missing: Vec<&&str> = names
            .iter()
            .filter(|name| !ours.contains_key(**name) && !SYNONYMS.contains(name))
            .filter(|name| !NOT_ON_ARM.iter().any(|parameter| name.starts_with(parameter)))
            .collect();
        assert!(missing.is_empty(), "{}: not in this crate: {missing:#?}", compiler.0);
    }
}

#[test]
fn no_table_has_a_name_twice() {
    for table in CONSTANTS {
        let names: BTreeSet<&str> = table.iter().map(|constant| constant.c_name).collect();
        assert_eq!(names.len(), table.len(), "a name twice: {table:?}");
    }
}
