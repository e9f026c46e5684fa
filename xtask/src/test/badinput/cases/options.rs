//! Command lines with mistakes: each is named, and boot goes on.

use super::super::{Bad, End, On};

pub const CASES: &[Bad] = &[
    Bad {
        name: "unknown-option",
        on: On::Both,
        spoil: |rig| rig.options("frobnicate=7 no-such"),
        says: &[
            "(XEN) Command line: unknown option \"frobnicate\" on the command line is ignored",
            "unknown option \"no-such\"",
        ],
        end: End::Boots,
    },
    Bad {
        name: "bad-value",
        on: On::Both,
        spoil: |rig| rig.options("dom0_max_vcpus=many loglvl=loud dom0_mem=lots"),
        says: &[
            "option \"dom0_max_vcpus\" has the invalid value \"many\" and is ignored",
            "option \"loglvl\" has the invalid value \"loud\" and is ignored",
            "option \"dom0_mem\" has the invalid value \"lots\" and is ignored",
        ],
        end: End::Boots,
    },
    Bad {
        name: "option-given-twice",
        on: On::Both,
        spoil: |rig| rig.options("maxcpus=4 maxcpus=1"),
        says: &["(XEN) Command line: option \"maxcpus\" is given again: the last one counts"],
        end: End::Boots,
    },
    Bad {
        name: "unknown-console",
        on: On::Both,
        spoil: |rig| {
            rig.options("dtuart=serial9")?;
            rig.early_uart()
        },
        says: &["(XEN) No console: serial9 is no device with registers"],
        end: End::Boots,
    },
];
