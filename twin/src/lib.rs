//! A Twilio on loopback: the REST API that answers, the webhooks that are signed, the calls
//! that are really played — for people with curl and for the end-to-end tests.
//!
//! It shares no code with the gateway. What signs, parses and counts here is written a second
//! time from Twilio's public description, so that neither side can hide the other's mistake.
//! It must never talk to anything but what it is told to, and never to Twilio itself.

mod client;
mod clock;
mod config;
mod control;
mod engine;
mod error;
mod fault;
mod form;
mod ids;
mod inbound;
mod json;
mod outcome;
mod rest;
mod segments;
pub mod sign;
mod state;
mod voice;

pub use config::{Config, Line};
pub use state::Signing;

use axum::Router;
use axum::body::Body;
use engine::Shared;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rest::Dropped;
use state::World;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};
use tower_service::Service as _;

/// A running twin; it stops when this is dropped.
#[derive(Debug)]
pub struct Twin {
    addr: SocketAddr,
    tasks: Vec<AbortHandle>,
}

impl Twin {
    /// Listens on 127.0.0.1 and starts.
    ///
    /// # Errors
    /// When a script of the configuration is wrong, or the port cannot be had.
    pub async fn start(config: Config) -> io::Result<Self> {
        config
            .read_scripts()
            .map_err(|why| io::Error::new(io::ErrorKind::InvalidInput, why))?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).await?;
        let addr = listener.local_addr()?;
        let shared = Shared::new(World::new(config, format!("http://{addr}")));
        let pump = tokio::spawn(engine::pump(Arc::clone(&shared)));
        let server = tokio::spawn(accept(listener, shared));
        Ok(Self {
            addr,
            tasks: vec![pump.abort_handle(), server.abort_handle()],
        })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its origin, e.g. `http://127.0.0.1:8788`; REST products are below it by name.
    pub fn origin(&self) -> String {
        format!("http://{}", self.addr)
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let router = control::router(Arc::clone(&shared));
    // Connections end with the twin: the set aborts them when it is dropped.
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        while connections.try_join_next().is_some() {}
        let (router, shared) = (router.clone(), Arc::clone(&shared));
        connections.spawn(async move {
            let service =
                service_fn(move |request| serve(router.clone(), Arc::clone(&shared), request));
            // A client that goes away is nobody's concern.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// The control API by its router; everything else is Twilio's.
async fn serve(
    mut router: Router,
    shared: Arc<Shared>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Body>, Dropped> {
    let request = request.map(Body::new);
    let path = request.uri().path();
    let ours = ["/twin", "/handset"].iter().any(|p| {
        path == *p
            || path
                .strip_prefix(p)
                .is_some_and(|rest| rest.starts_with('/'))
    });
    if !ours {
        return rest::handle(&shared, request).await;
    }
    match router.call(request).await {
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}
