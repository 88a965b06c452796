//! The course of a case in section C: the decision, waves with their releases and pauses, domains that moved, and the end.

use super::super::document::Block;
use super::Gathered;
use super::cover::fact;
use crate::domain::domain_move::{Move, STEPS};
use crate::domain::wave::PlanWaves;

/// The decision for a clean tenant, where one was signed.
pub(super) fn decision(gathered: &Gathered) -> Option<String> {
    let decided = gathered.case.gates.decided.as_ref()?;
    Some(format!(
        "People decided for a clean tenant, on proposal {}; weighed: {}.",
        decided.proposal,
        decided.weighed.join(", ")
    ))
}

/// Waves, where a plan has several or one was released.
pub(super) fn waves(gathered: &Gathered) -> Vec<Block> {
    let mut points = Vec::new();
    for (plan, of) in gathered.case.waves.all() {
        let is_open = |wave: u32| gathered.case.open_waves.contains(&(plan.clone(), wave));
        points.extend(of_plan(plan, of, is_open));
    }
    if points.is_empty() {
        return Vec::new();
    }
    vec![Block::Heading("Waves".to_owned()), Block::List(points)]
}

fn of_plan(plan: &str, of: &PlanWaves, is_open: impl Fn(u32) -> bool) -> Vec<String> {
    let mut waves = of.order.clone();
    for wave in of.released.iter().chain(&of.paused) {
        if !waves.contains(wave) {
            waves.push(*wave);
        }
    }
    let line = |wave: u32| {
        let released = if of.released.contains(&wave) {
            "released by others"
        } else {
            "not released"
        };
        let state = match () {
            () if of.paused.contains(&wave) => "paused",
            () if is_open(wave) => "open",
            () if of.closed.contains(&wave) => "worked to its end",
            () => "not begun",
        };
        let licences = of.licences.get(&wave).map_or_else(String::new, |counted| {
            format!(
                "; {} users, {} of them without a licence when it was counted, {} free",
                counted.users, counted.without, counted.free
            )
        });
        format!("Wave {wave} of plan {plan}: {released}, {state}{licences}.")
    };
    waves.into_iter().map(line).collect()
}

/// Domains that move.
pub(super) fn domains(gathered: &Gathered) -> Vec<Block> {
    let moves = gathered.case.moves.0.iter();
    let points: Vec<String> = moves
        .map(|(name, of)| {
            let domain = fact(gathered, of.name.as_ref());
            format!("Domain {name} ({domain}): {}.", steps(of))
        })
        .collect();
    if points.is_empty() {
        return Vec::new();
    }
    vec![Block::Heading("Domains".to_owned()), Block::List(points)]
}

fn steps(of: &Move) -> String {
    let done: Vec<&str> = STEPS
        .into_iter()
        .filter(|step| of.done.contains(step))
        .map(crate::domain::domain_move::Step::name)
        .collect();
    let done = if done.is_empty() {
        "no step is done".to_owned()
    } else {
        format!("done: {}", done.join(", "))
    };
    let open = match of.under_way {
        Some((step, true)) => format!("; {} is being rolled back, without an outcome", step.name()),
        Some((step, false)) => format!("; {} is under way, without an outcome", step.name()),
        None => String::new(),
    };
    format!(
        "{done}{open}; {} users have their address in it",
        of.swapped.len()
    )
}

/// The end, where it was reached.
pub(super) fn end(gathered: &Gathered) -> Vec<String> {
    let closing = &gathered.case.closing;
    let mut points = Vec::new();
    if let Some(apps) = &closing.apps {
        points.push(format!(
            "Of {} own applications, {} ways in were left on {}.",
            apps.apps, apps.left, apps.at
        ));
    }
    if let Some((closed, facts)) = &closing.closed {
        let by = fact(gathered, facts.attested_by.as_ref());
        points.push(format!(
            "The case is closed, on separation audit {}; for the removal of the application that \
             looked vouches: {by}.",
            closed.audit
        ));
    }
    points
}
