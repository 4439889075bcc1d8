//! JUnit's XML, which nearly every CI system shows: a suite per file, a failed case per finding. A tree without findings
//! has one case that passes, for an empty report fails with some of them.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::Report;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut document = Document::new(&*report.scan.tool.name);
    let findings = &report.scan.findings;
    for file in findings.chunk_by(|a, b| a.location.path == b.location.path) {
        let path = report.place(&file[0].location.path);
        let mut suite = TestSuite::new(path.clone());
        for finding in file {
            let start = finding.location.start;
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(&finding.message).set_type(finding.class.name());
            status.set_description(format!("{path}:{}:{}: {}", start.line, start.column, finding.message));
            let name = format!("{} at line {}, column {}", finding.short_rule(), start.line, start.column);
            let mut case = TestCase::new(name, status);
            case.set_classname(finding.rule.as_str());
            suite.add_test_case(case);
        }
        document.add_test_suite(suite);
    }
    if findings.is_empty() {
        let mut suite = TestSuite::new("all files");
        suite.add_test_case(TestCase::new("nothing found", TestCaseStatus::success()));
        document.add_test_suite(suite);
    }
    // The library hides why a stream cannot be written, and a reader that has gone is no error.
    let mut text = Vec::new();
    document.serialize(&mut text).map_err(io::Error::other)?;
    out.write_all(&text)
}
