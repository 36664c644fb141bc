//! A client that does exactly what it is told.

use crate::LocalService;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use url::form_urlencoded::Serializer;

/// Where requests go, and which headers they carry.
#[derive(Clone)]
pub(super) struct Client {
    address: SocketAddr,
    headers: Vec<(&'static str, String)>,
}

impl Client {
    /// Nobody.
    pub(super) fn anonymous(service: &LocalService) -> Self {
        let address = service.address();
        Self {
            address,
            headers: vec![("host", address.to_string())],
        }
    }

    /// The service's user.
    pub(super) async fn signed_in(service: &LocalService) -> Self {
        let client = Self::anonymous(service);
        let answer = client
            .post(
                "/sharing/rest/generateToken",
                &[
                    ("username", service.username()),
                    ("password", service.password()),
                    ("f", "json"),
                ],
            )
            .await;
        let token = answer["token"].as_str().unwrap();
        client.header("x-esri-authorization", &format!("Bearer {token}"))
    }

    /// The same client with a header set.
    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(n, _)| *n != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The JSON that answers a GET.
    pub(super) async fn get(&self, path: &str) -> Value {
        self.json(Method::GET, path, None).await
    }

    /// The JSON that answers a POST.
    pub(super) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        self.json(Method::POST, path, Some(form)).await
    }

    async fn json(&self, method: Method, path: &str, form: Option<&[(&str, &str)]>) -> Value {
        let (status, text) = self.send(method, path, form).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// The status and the text that answer a request.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        form: Option<&[(&str, &str)]>,
    ) -> (StatusCode, String) {
        let (status, _, text) = self.exchange(method, path, form).await;
        (status, text)
    }

    /// The status, the headers and the text that answer a request.
    pub(super) async fn exchange(
        &self,
        method: Method,
        path: &str,
        form: Option<&[(&str, &str)]>,
    ) -> (StatusCode, HeaderMap, String) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if form.is_some() {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        let body = Serializer::new(String::new())
            .extend_pairs(form.unwrap_or_default())
            .finish();
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let response = sender
            .send_request(request.body(body).unwrap())
            .await
            .unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, headers, String::from_utf8(body.to_vec()).unwrap())
    }

    /// The answer to a GET, whatever its bytes are.
    pub(super) async fn bytes(&self, path: &str) -> hyper::Response<hyper::body::Incoming> {
        let mut request = Request::builder().uri(path);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender
            .send_request(request.body(String::new()).unwrap())
            .await
            .unwrap()
    }

    /// The status, the type and the bytes that answer a request with a body of any type, or how that came to nothing.
    pub(super) async fn raw(
        &self,
        method: &str,
        path: &str,
        content_type: &str,
        body: impl Into<Bytes>,
    ) -> Result<(StatusCode, String, Vec<u8>), hyper::Error> {
        let body = body.into();
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if !body.is_empty() {
            request = request.header("content-type", content_type);
        }
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let response = sender
            .send_request(request.body(Full::new(body)).unwrap())
            .await?;
        let status = response.status();
        let own = response.headers().get("content-type");
        let own = own.and_then(|own| own.to_str().ok()).unwrap_or_default();
        let own = own.to_owned();
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, own, body.to_vec()))
    }

    /// Submits a job and returns its path.
    pub(super) async fn submit(&self, task: &str, form: &[(&str, &str)]) -> String {
        let answer = self
            .post(&format!("{}/{task}/submitJob", super::GP), form)
            .await;
        assert_eq!(answer["jobStatus"], "esriJobSubmitted", "{answer}");
        format!(
            "{}/{task}/jobs/{}",
            super::GP,
            answer["jobId"].as_str().unwrap()
        )
    }

    /// The job once it has reached a state that `wanted` accepts.
    pub(super) async fn job_when(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..2000 {
            let job = self.get(path).await;
            if wanted(&job) {
                return job;
            }
            let status = job["jobStatus"].as_str().unwrap();
            assert!(
                !["esriJobSucceeded", "esriJobFailed", "esriJobCancelled"].contains(&status),
                "{job}"
            );
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("{path} did not get there")
    }

    /// The job once it has ended as `status`.
    pub(super) async fn job_ended(&self, path: &str, status: &str) -> Value {
        self.job_when(path, |job| job["jobStatus"] == status).await
    }
}
