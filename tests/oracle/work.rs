//! The rules for a job's pending work: nothing is forgotten, and it ends.

use crate::common::Vault;
use crate::steps::{End, PACE, perform};
use hookvault::domain::alarm::plan::{Task, plan};
use hookvault::domain::archive::kv_copy;
use hookvault::domain::job::file::File;
use hookvault::domain::job::record::Archive;

/// Checks that each pending file is due exactly once, when its time has come.
/// The alarm rings as long as there is work to come.
pub fn is_planned(vault: &Vault) {
    let job = vault.job();
    for now in [0, 3_000, 86_400_000, u64::MAX].map(|ahead| vault.now().plus(ahead)) {
        let planned = plan(job, PACE, now);
        for message in job.handoff.pending().filter(|message| !message.tells_an_end()) {
            let task = Task::HandOff(message.entry, message.receiver);
            assert_eq!(planned.due.contains(&task), message.at <= now, "{message:?}");
        }
        for file in &job.files {
            let due = planned.due.iter().filter(|task| **task == Task::Copy(file.n)).count();
            let is_ready = file.is_pending() && file.not_before <= now;
            assert_eq!(due, usize::from(is_ready && !file.is_stranded(now)), "{file:?}");
        }
        assert!(planned.wake.is_none_or(|wake| wake > now));
        let (at, is_pending) = (planned.alarm(now), job.archive() == Archive::Pending);
        assert!(at.is_some() || (job.work.list.version == job.revision() && !is_pending), "stuck");
        let rings_for = |at| !plan(job, PACE, at).due.is_empty();
        assert!(at.is_none_or(rings_for));
        let mut due = planned.clone().due_for_run(u32::MAX);
        assert_eq!(due.len(), planned.due.len());
        due.retain(|task| !planned.due.contains(task));
        assert!(due.is_empty());
    }
}

/// Does the tasks that are due, each with this end, until none is left.
pub fn comes_to_rest(vault: &mut Vault, end: &End) {
    let mut rounds = 0;
    while let Some(at) = plan(vault.job(), PACE, vault.now()).alarm(vault.now()) {
        vault.sleep_until(at);
        rounds += 1;
        assert!(rounds < 2_000, "{:?}", plan(vault.job(), PACE, at));
        for task in plan(vault.job(), PACE, at).due {
            perform(vault, task, end);
        }
    }
    let job = vault.job();
    assert!(!job.files.iter().any(File::is_pending));
    assert_eq!(job.handoff.pending().next(), None);
    assert!(!job.status.has_ended() || job.work.publish.version == job.version);
    assert_eq!(job.work.list.version, job.revision());
    assert_eq!(kv_copy::step(job), None);
    assert!(!job.is_settled() || job.work.kv_copy().shown().0 == job.version);
}
