//! A sign of life on a terminal while a scan takes longer than people like to wait for.

use std::{
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::scan::Progress;

/// How long a scan may take without a sign.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the sign changes.
const TICK: Duration = Duration::from_millis(100);

/// A line on standard error that goes away with the value.
pub(super) struct Line {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Line {
    /// Starts to watch a scan. Nothing is shown unless it is `wanted`.
    pub(super) fn watching(progress: &Arc<Progress>, wanted: bool) -> Self {
        if !wanted {
            return Self { running: None };
        }
        let progress = Arc::clone(progress);
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::spawn(move || {
            if stopped.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            loop {
                let (read, parsed) = (progress.read.load(Ordering::Relaxed), progress.parsed.load(Ordering::Relaxed));
                bar.set_message(format!("{read} files read, {parsed} parsed"));
                bar.tick();
                if stopped.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            bar.finish_and_clear();
        });
        Self { running: Some((stop, thread)) }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            // A panic there has shown nothing that matters.
            let _ = thread.join();
        }
    }
}
