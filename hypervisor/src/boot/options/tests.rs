//! Every option with values that are taken and values that are refused.

use super::*;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

fn clean(line: &str) -> Options<'_> {
    parse(line, &mut |warning| panic!("{warning}"))
}

fn warnings(line: &str) -> Vec<Warning<'_>> {
    let mut all = Vec::new();
    parse(line, &mut |warning| all.push(warning));
    all
}

fn dom0(value: &str) -> u64 {
    let line = format!("dom0_mem={value}");
    clean(&line).dom0_mem.bytes(256 * GIB)
}

#[test]
fn a_usual_line() {
    let options = clean(
        "console=dtuart dtuart=/soc/serial@9000000:115200n8 dom0_mem=1G dom0_max_vcpus=4 maxcpus=8 \
         loglvl=all guest_loglvl=none/all noreboot bootscrub=0 sync_console=true conswitch=bx sched=null \
         xsm=dummy",
    );
    assert_eq!(options.dtuart, Uart { path: "/soc/serial@9000000", options: "115200n8" });
    assert_eq!(options.dom0_mem.bytes(0), GIB);
    assert_eq!(options.dom0_max_vcpus.map(|v| v.on(2)), Some(4));
    assert_eq!(options.maxcpus, Some(8));
    assert_eq!(options.loglvl.always, LevelFilter::Trace);
    let levels = LogLevels { always: LevelFilter::Off, limited: LevelFilter::Trace };
    assert_eq!(options.guest_loglvl, levels);
    assert_eq!((options.noreboot, options.sync_console), (true, true));
    assert_eq!(options.bootscrub, BootScrub::Off);
    assert_eq!(options.conswitch, ConSwitch { code: Some(2), input: ConsoleInput::Hypervisor });
    assert_eq!((options.sched, options.xsm), (Some(Sched::Null), Xsm::Dummy));
    assert_eq!(clean("  "), Options::DEFAULT);
}

#[test]
fn booleans() {
    for value in
        ["sync_console", "sync_console=yes", "sync_console=on", "sync_console=enable", "sync_console=1"]
    {
        assert!(clean(value).sync_console, "{value}");
    }
    for value in
        ["no-noreboot", "noreboot=no", "noreboot=off", "noreboot=false", "noreboot=disable", "noreboot=0"]
    {
        assert!(!parse(&format!("noreboot {value}"), &mut |_| {}).noreboot, "{value}");
    }
    assert!(parse("no-noreboot noreboot", &mut |_| {}).noreboot, "the last one wins");
    assert_eq!(clean("no-bootscrub").bootscrub, BootScrub::Off);
    assert_eq!(clean("bootscrub").bootscrub, BootScrub::Now);
    assert_eq!(clean("bootscrub=idle").bootscrub, BootScrub::Idle);
    assert!(clean("hmp-unsafe=true").hmp_unsafe);
}

#[test]
fn memory_sizes() {
    for (value, bytes) in [
        ("524288", 512 * MIB),
        ("512M", 512 * MIB),
        ("512m", 512 * MIB),
        ("1500M", 1500 * MIB),
        ("1g", GIB),
        ("1T", 1 << 40),
        ("1048576k", GIB),
        ("1073741824b", GIB),
        ("0x400M", GIB),
        ("02000M", GIB),
        ("25%", 64 * GIB),
        ("1G+25%", 65 * GIB),
        ("-1G", 255 * GIB),
        ("min:1G", GIB),
        ("min:256M", 512 * MIB),
        ("max:256M", 256 * MIB),
        ("2G,max:1G", GIB),
        ("min:2G,max:1G", GIB),
        ("1G,min:2G,max:3G", 2 * GIB),
    ] {
        assert_eq!(dom0(value), bytes, "{value}");
    }
    assert_eq!(clean("").dom0_mem.bytes(GIB), 512 * MIB);
    assert_eq!(clean("dom0_mem=1G dom0_mem=max:2G").dom0_mem.max_bytes(0), Some(2 * GIB));
    for value in
        ["", "0", "1Q", "1GB", "M", "100%", "min:", "1G,,", "99999999999999999999", "20000000T", "-", "+5%"]
    {
        let line = format!("dom0_mem={value}");
        assert_eq!(warnings(&line), [Warning::BadValue { name: "dom0_mem", value }], "{value}");
    }
}

#[test]
fn vcpu_counts() {
    let count = |line, cpus| clean(line).dom0_max_vcpus.map(|v| v.on(cpus));
    // The table of the document.
    for (cpus, vcpus) in [(2, 4), (4, 4), (6, 6), (8, 8), (10, 8)] {
        assert_eq!(count("dom0_max_vcpus=4-8", cpus), Some(vcpus));
    }
    assert_eq!(count("dom0_max_vcpus=-8", 10), Some(8));
    assert_eq!(count("dom0_max_vcpus=4-", 2), Some(4));
    assert_eq!(count("dom0_max_vcpus=0", 2), None);
    assert_eq!(warnings("dom0_max_vcpus=8-4").len(), 1);
    assert_eq!(warnings("dom0_max_vcpus=four").len(), 1);
    assert_eq!(warnings("maxcpus=0 maxcpus=-1 maxcpus").len(), 3);
}

#[test]
fn what_is_wrong_is_named() {
    assert_eq!(
        warnings("foo no-bar loglvl=loud no-dom0_mem console=com1 no-sync_console=1 sched=fair xsm=flask"),
        [
            Warning::Unknown("foo"),
            Warning::Unknown("no-bar"),
            Warning::BadValue { name: "loglvl", value: "loud" },
            Warning::BadValue { name: "no-dom0_mem", value: "" },
            Warning::BadValue { name: "console", value: "com1" },
            Warning::Unknown("no-sync_console"),
            Warning::BadValue { name: "sched", value: "fair" },
            Warning::BadValue { name: "xsm", value: "flask" },
        ]
    );
    let text = warnings("frob=1").pop().map(|w| w.to_string());
    assert_eq!(text.as_deref(), Some("unknown option \"frob\" on the command line is ignored"));
}

#[test]
fn console_switching() {
    assert_eq!(clean("").conswitch.code, Some(1));
    assert_eq!(clean("conswitch=ax").conswitch.input, ConsoleInput::Hypervisor);
    assert_eq!(clean("conswitch=0").conswitch.code, None);
    assert_eq!(warnings("conswitch=abc").len(), 1);
    assert_eq!(clean("console=none").console, Console::None);
    assert_eq!(clean("console=dtuart,none").console, Console::DtUart);
}

#[test]
fn an_option_given_again_is_named_and_the_parts_of_dom0_mem_are_not() {
    assert_eq!(warnings("maxcpus=2 maxcpus=3"), [Warning::Again("maxcpus")]);
    assert_eq!(parse("maxcpus=2 maxcpus=3", &mut |_| {}).maxcpus, Some(3));
    assert_eq!(warnings("no-noreboot noreboot"), [Warning::Again("noreboot")]);
    assert_eq!(
        warnings("dom0_mem=1G dom0_mem=max:2G maxcpus=x maxcpus=1"),
        [Warning::BadValue { name: "maxcpus", value: "x" }]
    );
}

#[test]
fn every_option_is_known_by_its_name() {
    for name in ONCE {
        assert_ne!(warnings(name), [Warning::Unknown(name)]);
    }
}
