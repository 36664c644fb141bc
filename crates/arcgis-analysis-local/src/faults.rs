//! Misbehaviour on purpose: what a client does when a server is slow, breaks off, or talks nonsense.

mod body;
mod plan;

pub use plan::{FaultPlan, FaultPlanError, Seen};

use crate::app::App;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use body::Pieces;
use plan::{Drop, Fault, When};
use std::sync::Arc;
use std::time::Duration;

/// Marks an answer that is never sent: the connection is closed in its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut;

/// Lets requests through, except those for which the plan has a fault.
pub(crate) async fn misbehave(
    State((app, plan)): State<(Arc<App>, FaultPlan)>,
    request: Request,
    next: Next,
) -> Response {
    let fault = plan.next(&request);
    let Some(fault) = fault else {
        return next.run(request).await;
    };
    if fault.expire_tokens {
        app.tokens.forget();
    }
    if fault.when == When::Before {
        tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
    }
    let passes = fault.passes();
    let answer = if passes {
        Some(next.run(request).await)
    } else {
        None
    };
    if fault.when == When::After {
        tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
    }
    spoiled(&fault, answer).await
}

/// The answer that the fault makes of the true one.
async fn spoiled(fault: &Fault, answer: Option<Response>) -> Response {
    let mut answer = match (&fault.answer, answer) {
        (Some(given), _) => {
            let mut response = Response::new(Body::from(given.body.clone()));
            *response.status_mut() = StatusCode::from_u16(given.status).unwrap_or_default();
            for (name, value) in &given.headers {
                if let (Ok(name), Ok(value)) = (
                    HeaderName::from_bytes(name.as_bytes()),
                    HeaderValue::from_str(value),
                ) {
                    response.headers_mut().insert(name, value);
                }
            }
            response
        }
        (None, Some(answer)) => answer,
        (None, None) => Response::new(Body::empty()),
    };
    if fault.drop == Some(Drop::Connection) {
        answer.extensions_mut().insert(Cut);
        return answer;
    }
    if fault.drop == Some(Drop::Body) || fault.drip.is_some() {
        let (mut head, body) = answer.into_parts();
        // The bodies of this service are whole already, and small beside what it may hold.
        let whole = axum::body::to_bytes(body, usize::MAX)
            .await
            .unwrap_or_default();
        head.headers
            .insert("content-length", HeaderValue::from(whole.len()));
        let cut = fault.drop == Some(Drop::Body);
        return Response::from_parts(head, Body::new(Pieces::new(whole, fault.drip, cut)));
    }
    answer
}
