//! The clocks that the law starts when an organisation learns of an incident: by when which notice is due. Pure dates; whether
//! a clock applies to somebody is for a lawyer to say.

use chrono::{DateTime, Months, SecondsFormat, TimeDelta, Utc};

/// How long after what a notice is due.
#[derive(Clone, Copy)]
enum Due {
    /// Hours after the organisation became aware.
    Hours(i64),
    /// Months after the last moment of the notice that stands this many hours after awareness.
    MonthsAfterHours(u32, i64),
    /// Days after the organisation became aware.
    Days(i64),
}

/// A notice.
struct Notice {
    rule: &'static str,
    what: &'static str,
    due: Due,
}

/// DORA: Regulation (EU) 2022/2554 Article 19 with Delegated Regulation (EU) 2025/301 Article 5; each later notice counts from the
/// one before it, here from its last moment. NIS2: Directive (EU) 2022/2555 Article 23(4). GDPR: Article 33(1). HIPAA: 45 CFR
/// 164.404(b), 164.408(b).
const NOTICES: [Notice; 8] = [
    Notice {
        rule: "DORA Article 19(4)(a)",
        what: "initial notification: 4 hours after the incident is classified as major, at the \
             latest 24 hours after it is known",
        due: Due::Hours(24),
    },
    Notice {
        rule: "DORA Article 19(4)(b)",
        what: "intermediate report: 72 hours after the initial notification",
        due: Due::Hours(24 + 72),
    },
    Notice {
        rule: "DORA Article 19(4)(c)",
        what: "final report: one month after the intermediate report",
        due: Due::MonthsAfterHours(1, 24 + 72),
    },
    Notice {
        rule: "NIS2 Article 23(4)(a)",
        what: "early warning: 24 hours",
        due: Due::Hours(24),
    },
    Notice {
        rule: "NIS2 Article 23(4)(b)",
        what: "incident notification: 72 hours",
        due: Due::Hours(72),
    },
    Notice {
        rule: "NIS2 Article 23(4)(d)",
        what: "final report: one month after the incident notification",
        due: Due::MonthsAfterHours(1, 72),
    },
    Notice {
        rule: "GDPR Article 33(1)",
        what: "notice to the supervisory authority: 72 hours",
        due: Due::Hours(72),
    },
    Notice {
        rule: "HIPAA 45 CFR 164.404(b), 164.408(b)",
        what: "notice to individuals, and to the Secretary for 500 or more: 60 days",
        due: Due::Days(60),
    },
];

/// A row for each notice: the rule, what it asks for, and its last moment; no moment where nobody recorded when the clock began.
pub(super) fn rows(aware: Option<DateTime<Utc>>) -> Vec<Vec<String>> {
    let row = |notice: &Notice| {
        let last = aware.and_then(|aware| notice.due.after(aware));
        let last = last.map_or_else(
            || "not known: the start of the clock is not recorded".to_owned(),
            |at| at.to_rfc3339_opts(SecondsFormat::Secs, true),
        );
        vec![notice.rule.to_owned(), notice.what.to_owned(), last]
    };
    NOTICES.iter().map(row).collect()
}

impl Due {
    fn after(self, aware: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Hours(hours) => aware.checked_add_signed(TimeDelta::hours(hours)),
            Self::Days(days) => aware.checked_add_signed(TimeDelta::days(days)),
            Self::MonthsAfterHours(months, hours) => aware
                .checked_add_signed(TimeDelta::hours(hours))?
                .checked_add_months(Months::new(months)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_clock_runs_from_awareness() {
        let aware = DateTime::parse_from_rfc3339("2026-01-29T10:00:00Z")
            .expect("a time")
            .to_utc();
        let last: Vec<String> = rows(Some(aware))
            .into_iter()
            .map(|row| row[2].clone())
            .collect();
        assert_eq!(
            last,
            [
                "2026-01-30T10:00:00Z",
                "2026-02-02T10:00:00Z",
                "2026-03-02T10:00:00Z",
                "2026-01-30T10:00:00Z",
                "2026-02-01T10:00:00Z",
                "2026-03-01T10:00:00Z",
                "2026-02-01T10:00:00Z",
                "2026-03-30T10:00:00Z",
            ]
        );
    }

    #[test]
    fn a_clock_that_nobody_started_has_no_end() {
        assert!(rows(None).iter().all(|row| row[2].starts_with("not known")));
    }
}
