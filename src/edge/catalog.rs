//! x
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};
/// x
#[durable_object(fetch)]
pub struct Catalog {
    state: State,
}
impl DurableObject for Catalog {
    fn new(state: State, _env: Env) -> Self {
        Self { state }
    }
    async fn fetch(&self, _request: Request) -> Result<Response> {
        let _ = &self.state;
        Response::ok("")
    }
}
