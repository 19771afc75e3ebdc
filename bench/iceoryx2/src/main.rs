//! Round trips through iceoryx2 between two processes that both spin. The parent prints, as JSON, the nanoseconds of a
//! round trip, one number for each round: `iceoryx2-bench BYTES TRIPS ROUNDS`.
use std::error::Error;
use std::hint::spin_loop;
use std::process::{Command, Stdio};
use std::time::Instant;

use iceoryx2::port::publisher::Publisher;
use iceoryx2::port::subscriber::Subscriber;
use iceoryx2::prelude::*;

type Failure = Box<dyn Error>;
type Out = Publisher<ipc::Service, [u8], ()>;
type In = Subscriber<ipc::Service, [u8], ()>;

fn main() -> Result<(), Failure> {
    set_log_level(LogLevel::Error);
    let args: Vec<String> = std::env::args().collect();
    let number = |at: usize| args[at].parse::<usize>();
    let (bytes, trips, rounds) = (number(1)?, number(2)?, number(3)?);
    let echo = args.get(4).map(String::as_str);
    let id = echo.map_or_else(|| std::process::id().to_string(), String::from);

    let node = NodeBuilder::new().create::<ipc::Service>()?;
    let there = format!("qads-bench-{id}-there");
    let back = format!("qads-bench-{id}-back");
    let (from, to) = if echo.is_some() { (there, back) } else { (back, there) };
    let open = |name: &str| -> Result<_, Failure> {
        Ok(node
            .service_builder(&name.try_into()?)
            .publish_subscribe::<[u8]>()
            .max_publishers(1)
            .max_subscribers(1)
            .history_size(0)
            .subscriber_max_buffer_size(1)
            .enable_safe_overflow(true)
            .open_or_create()?)
    };
    let (input, output) = (open(&from)?, open(&to)?);
    let subscriber = input.subscriber_builder().create()?;
    let publisher = output.publisher_builder().initial_max_slice_len(bytes).create()?;

    if echo.is_some() {
        for _ in 0..=rounds * trips {
            wait(&subscriber)?;
            send(&publisher, bytes)?;
        }
        return Ok(());
    }
    let mut peer = Command::new(std::env::current_exe()?)
        .args(&args[1..4])
        .arg(&id)
        .stdout(Stdio::null())
        .spawn()?;
    // The first trip also waits until the other side has connected.
    while publisher_has_no_subscriber(&output) || publishers_of(&input) == 0 {
        spin_loop();
    }
    send(&publisher, bytes)?;
    wait(&subscriber)?;
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let start = Instant::now();
        for _ in 0..trips {
            send(&publisher, bytes)?;
            wait(&subscriber)?;
        }
        times.push(start.elapsed().as_nanos() as f64 / trips as f64);
    }
    peer.wait()?;
    println!("{{\"ns\":{times:?}}}");
    Ok(())
}

fn publisher_has_no_subscriber<S: Service>(
    service: &iceoryx2::service::port_factory::publish_subscribe::PortFactory<S, [u8], ()>,
) -> bool {
    service.dynamic_config().number_of_subscribers() == 0
}

fn publishers_of<S: Service>(
    service: &iceoryx2::service::port_factory::publish_subscribe::PortFactory<S, [u8], ()>,
) -> usize {
    service.dynamic_config().number_of_publishers()
}

/// Writes the first and the last byte of a payload that is otherwise left as it is: no copy on either side.
fn send(publisher: &Out, bytes: usize) -> Result<(), Failure> {
    let sample = publisher.loan_slice_uninit(bytes)?;
    // SAFETY: plain bytes, of which the receiver looks at the two that are written here.
    let mut sample = unsafe { sample.assume_init() };
    let payload = sample.payload_mut();
    payload[0] = 1;
    payload[bytes - 1] = 1;
    sample.send()?;
    Ok(())
}

fn wait(subscriber: &In) -> Result<(), Failure> {
    loop {
        if let Some(sample) = subscriber.receive()? {
            let payload = sample.payload();
            std::hint::black_box(payload[0] + payload[payload.len() - 1]);
            return Ok(());
        }
        spin_loop();
    }
}
