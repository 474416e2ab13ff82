//! Throw-away: a Worker just big enough to prove the build.
#![allow(missing_docs)]
use worker::*;

#[event(fetch)]
async fn fetch(req: Request, env: Env, _ctx: Context) -> Result<Response> {
    match req.path().as_str() {
        "/healthz" => Response::from_json(&serde_json::json!({"status": "ok"})),
        "/env" => Response::ok(
            env.var("TWILIO_ORIGIN")
                .map(|v| v.to_string())
                .unwrap_or_default(),
        ),
        "/secret" => Response::ok(
            env.secret("TWILIO_AUTH_TOKEN")
                .map(|v| v.to_string())
                .unwrap_or_default(),
        ),
        "/count" => {
            env.durable_object("CONTACT")?
                .get_by_name("one")?
                .fetch_with_str("http://do/count")
                .await
        }
        p if p.starts_with("/__test") && env.var("HOOKSWITCH_TEST_ROUTES").is_err() => not_found(),
        "/__test/panic" => panic!("asked to"),
        "/__test/slow" => {
            Delay::from(std::time::Duration::from_millis(1500)).await;
            Response::ok("slow but alive")
        }
        _ => not_found(),
    }
}

fn not_found() -> Result<Response> {
    let mut r = Response::from_json(&serde_json::json!({"title": "Not Found", "status": 404}))?
        .with_status(404);
    r.headers_mut()
        .set("content-type", "application/problem+json")?;
    Ok(r)
}

#[event(queue)]
async fn queue(_batch: MessageBatch<String>, _env: Env, _ctx: Context) -> Result<()> {
    Ok(())
}

macro_rules! object {
    ($name:ident) => {
        #[durable_object(fetch)]
        pub struct $name {
            state: State,
        }
        impl DurableObject for $name {
            fn new(state: State, _env: Env) -> Self {
                Self { state }
            }
            async fn fetch(&self, _req: Request) -> Result<Response> {
                let sql = self.state.storage().sql();
                sql.exec("CREATE TABLE IF NOT EXISTS n (v INTEGER)", None)?;
                sql.exec("INSERT INTO n VALUES (1)", None)?;
                let rows: Vec<serde_json::Value> =
                    sql.exec("SELECT COUNT(*) AS c FROM n", None)?.to_array()?;
                Response::ok(rows[0]["c"].to_string())
            }
        }
    };
}
object!(Contact);
object!(Registry);
object!(Idempotency);
