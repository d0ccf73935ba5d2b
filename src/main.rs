//! Parses the command line, runs one command, prints one error.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use twinsight::app::{self, Screenshot, Start};
use twinsight::cli::{self, Command, ViewArgs, ViewName};
use twinsight::engine::Parts;
use twinsight::interrupt;
use twinsight::live;
use twinsight::model::Catalog;

fn main() -> ExitCode {
    keep_to_ourselves();
    let start = Instant::now();
    let command = cli::Arguments::read().command();
    // The window reports a missing file dialog itself, with better advice than the library's message.
    let filter = env_logger::Env::default().default_filter_or("warn,ort=error,rfd=off");
    let format =
        move |line: &mut env_logger::fmt::Formatter, record: &log::Record<'_>| log_line(line, record, start.elapsed());
    env_logger::Builder::from_env(filter).format(format).init();
    let done = match command {
        Command::View(args) => view(args),
        command => cli::run(command),
    };
    let code = match done {
        Ok(code) => code,
        Err(error) if cli::reader_left(&*error) => ExitCode::from(cli::READER_LEFT),
        Err(error) => {
            cli::tell_error(&*error);
            ExitCode::FAILURE
        }
    };
    // All is told.
    interrupt::end_log();
    code
}

/// A line of the log, in which no name of a file or a camera can rewrite the terminal. `time`: since the start.
fn log_line(line: &mut env_logger::fmt::Formatter, record: &log::Record<'_>, time: Duration) -> std::io::Result<()> {
    let (time, level, style) = (time.as_secs_f64(), record.level(), line.default_level_style(record.level()));
    let message = record.args().to_string();
    writeln!(line, "[{time:.3} s {style}{level:<5}{style:#} {}] {}", record.target(), cli::visible(&message))
}

/// Turns off ONNX Runtime's telemetry. It starts when the library is loaded, before the API can turn it off, so an
/// environment variable is the only way.
fn keep_to_ourselves() {
    // SAFETY: main has only just started, so no other thread reads the environment.
    unsafe { std::env::set_var("ORT_DISABLE_TELEMETRY", "1") };
}

fn view_of(name: ViewName) -> app::View {
    match name {
        ViewName::Single => app::View::Single,
        ViewName::Split => app::View::Split,
        ViewName::SideBySide => app::View::SideBySide,
        ViewName::Overlay => app::View::Overlay,
    }
}

fn view(args: ViewArgs) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let catalog = Catalog::find();
    let mut outputs = args.outputs(&catalog);
    let screenshot = args.screenshot(&mut outputs)?.map(|(file, delay)| Screenshot::after(delay, file));
    let trace = args.trace(&mut outputs)?;
    let start = Start {
        source: args.source(),
        files: args.files(),
        models: args.models()?,
        arithmetics: args.arithmetics()?,
        view: args.view().map(view_of),
        screenshot,
        dark: args.dark(),
        size: args.window_size(),
        catalog: catalog.clone(),
        annotations: args.annotations(),
        layers: args.layers(),
        computed_as: args.computed_as(),
    };
    let engine = args.engine();
    let traced = trace.clone();
    app::run(start, |waker| Parts { trace: traced, ..live::parts_in(&catalog, engine, waker) })?;
    trace.finish()?;
    Ok(interrupt::exit_code(false))
}
