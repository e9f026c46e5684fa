//! Key `e`: event channels.

use crate::console::report::{Cursor, Report, Step};
use crate::domain::events::FrameWords;
use crate::domain::{self, Domain};
use core::fmt;
use evtchn::{Binding, EventChannels};
use types::{Port, VcpuId};

/// Writes each bound port of each domain.
pub fn dump(cursor: &mut Cursor, report: &mut Report) -> Step {
    let domain = match domain::try_at(cursor.item) {
        Ok(Some(domain)) => domain,
        Ok(None) => return Step::Done,
        Err(domain::Busy) => {
            report.line(format_args!("The list of domains is busy"));
            return Step::Done;
        }
    };
    if cursor.part == 0 {
        report.line(format_args!("Event channel information for domain {}:", domain.id));
        report.line(format_args!("    port [pending/masked]"));
    }
    match next(&domain, cursor.part) {
        None => report.line(format_args!("    (busy)")),
        Some(None) => {}
        Some(Some((port, line))) => {
            report.line(format_args!("    {port:>4} {line}"));
            cursor.part = usize::try_from(port.raw()).unwrap_or(usize::MAX).saturating_add(1);
            return Step::More;
        }
    }
    cursor.next_item();
    Step::More
}

/// Returns the first bound port from `first` on, or `None` while somebody holds the ports.
fn next(domain: &Domain, first: usize) -> Option<Option<(Port, Line)>> {
    let first = Port::new(u32::try_from(first).unwrap_or(u32::MAX));
    domain.events.try_with(|channels| {
        let (port, channel) = channels.bound(first).next()?;
        Some((port, Line { flags: flags(channels, port), binding: channel.binding(), vcpu: channel.vcpu() }))
    })
}

fn flags(channels: &EventChannels, port: Port) -> [u8; 2] {
    let pending = channels.is_pending(port, &FrameWords);
    let masked = channels.is_masked(port, &FrameWords);
    [pending, masked].map(|flag| u8::from(flag.unwrap_or(false)))
}

/// What is shown of a port.
struct Line {
    flags: [u8; 2],
    binding: Binding,
    vcpu: VcpuId,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([pending, masked], vcpu) = (self.flags, self.vcpu);
        write!(f, "[{pending}/{masked}]: v{vcpu} ")?;
        match self.binding {
            Binding::Closed => f.write_str("closed"),
            Binding::Unbound { remote } => write!(f, "unbound, for d{remote}"),
            Binding::Interdomain(peer) => write!(f, "interdomain, d{} port {}", peer.dom, peer.port),
            Binding::Virq(virq) => write!(f, "virq {virq:?}"),
            Binding::Ipi => f.write_str("ipi"),
            Binding::HeldUnbound { remote } => write!(f, "EL2's, for d{remote}"),
            Binding::Held(peer) => write!(f, "EL2's, d{} port {}", peer.dom, peer.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evtchn::Peer;
    use types::DomId;

    #[test]
    fn a_line_tells_flags_vcpu_and_binding() {
        let line = |binding| Line { flags: [1, 0], binding, vcpu: VcpuId::new(2) }.to_string();
        assert_eq!(line(Binding::Ipi), "[1/0]: v2 ipi");
        let peer = Peer { dom: DomId::new(3), port: Port::new(17) };
        assert_eq!(line(Binding::Interdomain(peer)), "[1/0]: v2 interdomain, d3 port 17");
        assert_eq!(line(Binding::Unbound { remote: DomId::ZERO }), "[1/0]: v2 unbound, for d0");
    }
}
