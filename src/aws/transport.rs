//! HTTP for the SDK's clients of a server that speaks it plainly.
//!
//! The SDK's own client reads the system's certificates, hundreds of files, when it is made. Here that waits until
//! something is to go over TLS, which beside such a server only credentials may be.

use aws_sdk_s3::config::SharedHttpClient;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// Returns whether an endpoint is spoken to without TLS.
pub fn is_plain(endpoint_url: &str) -> bool {
    endpoint_url.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"))
}

/// Goes plainly where that is asked for, and over TLS elsewhere.
#[derive(Debug)]
pub struct ByScheme {
    plain: SharedHttpClient,
    secure: SharedHttpClient,
}

impl ByScheme {
    pub fn new() -> Self {
        let plain = Builder::new().build_with_connector_fn(|settings, components| {
            let mut builder = ConnectorBuilder::default();
            builder.set_connector_settings(settings.cloned());
            builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            builder.set_proxy_config(Some(ProxyConfig::from_env()));
            builder.build_http()
        });
        let secure = Builder::new().build_with_connector_fn(|settings, components| {
            let mut builder = ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
            builder.set_connector_settings(settings.cloned());
            builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            builder.set_proxy_config(Some(ProxyConfig::from_env()));
            builder.build()
        });
        Self { plain, secure }
    }
}

impl HttpClient for ByScheme {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            plain: self.plain.http_connector(settings, components),
            secure: self.secure.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

#[derive(Debug)]
struct Connector {
    plain: SharedHttpConnector,
    secure: SharedHttpClient,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match is_plain(request.uri()) {
            true => self.plain.call(request),
            // It keeps its connections itself.
            false => self.secure.http_connector(&self.settings, &self.components).call(request),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_goes_without_tls() {
        assert!(is_plain("http://127.0.0.1:4566/") && is_plain("HTTP://localhost"));
        assert!(!is_plain("https://example.com") && !is_plain("http:/") && !is_plain("é"));
    }
}
