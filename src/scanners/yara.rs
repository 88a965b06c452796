//! YARA rules, evaluated by `boreal` (ADR 0010); no rule reads a file, and none runs without end.

use std::time::Duration;

use boreal::compiler::{Compiler, CompilerParams};
use boreal::scanner::ScanParams;

/// The engine, as it stands in verdicts.
pub const ENGINE: &str = "boreal 1.4";
/// How long all rules may take over one part.
const TIME: Duration = Duration::from_mins(1);

/// Compiled rules.
pub struct Yara(boreal::Scanner);

/// Rules that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YaraError {
    /// They do not compile.
    #[error("the rules do not compile: {0}")]
    Rules(String),
    /// There is none.
    #[error("the file holds no rule")]
    Empty,
}

/// A part could not be judged by all rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotJudged;

impl Yara {
    /// Compiles rules.
    pub fn compile(rules: &str) -> Result<Self, YaraError> {
        let mut compiler = Compiler::new();
        // An `include` would read whatever file of this machine a rule names.
        compiler.set_params(CompilerParams::default().disable_includes(true));
        compiler
            .add_rules_str(rules)
            // The library calls the text `mem`; the file is named by whoever read it.
            .map_err(|error| YaraError::Rules(error.to_string().replace("mem:", "line ")))?;
        let mut scanner = compiler.finalize();
        if scanner.rules().next().is_none() {
            return Err(YaraError::Empty);
        }
        scanner.set_scan_params(ScanParams::default().timeout_duration(Some(TIME)));
        Ok(Self(scanner))
    }

    /// The names of the rules that match.
    pub fn matches(&self, bytes: &[u8]) -> Result<Vec<String>, NotJudged> {
        let result = self.0.scan_mem(bytes).map_err(|_| NotJudged)?;
        Ok(result
            .rules
            .iter()
            .map(|rule| rule.name.to_owned())
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_match_and_bad_ones_are_refused() {
        let yara =
            Yara::compile("rule planted { strings: $a = \"needle\" condition: $a }").expect("ok");
        assert_eq!(
            yara.matches(b"hay needle hay"),
            Ok(vec!["planted".to_owned()])
        );
        assert_eq!(yara.matches(b"hay"), Ok(Vec::new()));
        let Err(YaraError::Rules(why)) = Yara::compile("rule x {") else {
            panic!("half a rule is one");
        };
        assert!(why.contains("line ") && !why.contains("mem:"), "{why}");
        assert!(matches!(Yara::compile(""), Err(YaraError::Empty)));
        let include = Yara::compile("include \"/etc/passwd\"\nrule a { condition: true }");
        assert!(
            matches!(include, Err(YaraError::Rules(_))),
            "no rule reads a file"
        );
        let pe = Yara::compile("import \"pe\"\nrule p { condition: pe.is_pe }").expect("modules");
        assert_eq!(pe.matches(b"no program"), Ok(Vec::new()));
    }
}
