//! What the milestones of waves, of a domain's move, of the content gate, of notices and of the end are called, and what they are
//! about.

use crate::domain::domain_move::Step;
use crate::domain::event::Event;

pub(super) fn words(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "WavesPlanned/1" => "waves of the plan set",
        "WavesReordered/1" => "waves put into another order",
        "WaveReleased/1" => "wave released",
        "WavePaused/1" => "wave paused",
        "WaveResumed/1" => "wave goes on",
        "LicencesCounted/1" => "licences for the wave counted",
        "PlacesSeen/1" => "looked who is in the sites of a wave",
        "DevicesEvidenced/1" => "devices of a wave's people evidenced",
        "TargetHoldEvidenced/1" => "hold in the clean tenant evidenced",
        "DomainMoveBegun/1" => "move of a domain begun",
        "DomainStepAttempted/1" => "step of a domain's move begun",
        "DomainStepEnded/1" => "step of a domain's move ended",
        "AddressSwapAttempted/1" => "address to be swapped",
        "AddressSwapped/1" => "address swapped",
        "OurAppsChecked/1" => "own applications looked for",
        "CaseClosed/1" => "case closed",
        "ContentGateSet/1" => "content gate set for the next plan",
        "ItemsReleased/1" => "held items released",
        "ItemsTakenUp/1" => "failed items taken up once more",
        "LeftoversCounted/1" => "restored content searched for the compromised tenant",
        "NoticeAttempted/1" => "notice of what waits about to leave",
        "NoticeEnded/1" => "notice of what waits sent, or not",
        _ => return None,
    })
}

pub(super) fn about(event: &Event) -> Option<String> {
    Some(match event {
        Event::WaveOpened(data, _)
        | Event::WaveClosed(data, _)
        | Event::WavePaused(data, _)
        | Event::WaveResumed(data, _) => format!("wave {} of {}", data.wave, data.plan),
        Event::ItemsTakenUp(data, _) => format!("{} items of {}", data.items.len(), data.custodian),
        Event::WaveReleased(data, _) => format!("wave {} of {}", data.wave, data.plan),
        Event::WavesPlanned(data, _) => format!("{} of {}", data.order.len(), data.plan),
        Event::WavesReordered(data, _) => format!("{} of {}", data.order.len(), data.plan),
        Event::LicencesCounted(data, _) => {
            let (wave, needed, free) = (data.wave, data.without, data.free);
            format!("wave {wave}: {needed} needed, {free} free")
        }
        Event::TargetHoldEvidenced(data, _) => data.custodian.to_string(),
        Event::DevicesEvidenced(data, _) => format!("wave {} of {}", data.wave, data.plan),
        Event::DomainMoveBegun(data, _) => data.domain.to_string(),
        Event::DomainStepAttempted(data, _) => {
            format!("{} of {}", step(data.step, data.undo), data.domain)
        }
        Event::DomainStepEnded(data, _) => {
            let ended = if data.done { "done" } else { "not done" };
            format!("{} of {}: {ended}", step(data.step, data.undo), data.domain)
        }
        Event::AddressSwapAttempted(data, _) => data.custodian.to_string(),
        Event::AddressSwapped(data, _) => data.custodian.to_string(),
        Event::OurAppsChecked(data, _) => format!("{} left", data.left),
        Event::CaseClosed(data, _) => format!("on audit {}", data.audit),
        _ => return None,
    })
}

fn step(step: Step, undo: bool) -> String {
    let back = if undo { ", rolled back" } else { "" };
    format!("{}{back}", step.name())
}
