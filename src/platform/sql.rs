//! The SQL port over a Durable Object's SQLite.
//!
//! `SqlCursor::one` hangs the request unless exactly one row comes back; every read here
//! takes all rows through the raw iterator instead.

use worker::SqlStorageValue;

use crate::ports::{SqlFault, Value};

pub(super) fn exec(
    sql: &worker::SqlStorage,
    statement: &str,
    bindings: Vec<Value>,
) -> Result<Vec<Vec<Value>>, SqlFault> {
    let fault = |error: worker::Error| SqlFault(error.to_string());
    let bindings: Vec<SqlStorageValue> = bindings.into_iter().map(bind).collect();
    let cursor = sql.exec(statement, bindings).map_err(fault)?;
    cursor
        .raw()
        .map(|row| {
            row.map(|row| row.into_iter().map(read).collect())
                .map_err(fault)
        })
        .collect()
}

fn bind(value: Value) -> SqlStorageValue {
    match value {
        Value::Null => SqlStorageValue::Null,
        Value::Int(number) => SqlStorageValue::Integer(number),
        Value::Real(number) => SqlStorageValue::Float(number),
        Value::Text(text) => SqlStorageValue::String(text),
    }
}

fn read(value: SqlStorageValue) -> Value {
    match value {
        SqlStorageValue::Null | SqlStorageValue::Blob(_) => Value::Null,
        SqlStorageValue::Boolean(flag) => Value::Int(flag.into()),
        SqlStorageValue::Integer(number) => Value::Int(number),
        SqlStorageValue::Float(number) => Value::Real(number),
        SqlStorageValue::String(text) => Value::Text(text),
    }
}
