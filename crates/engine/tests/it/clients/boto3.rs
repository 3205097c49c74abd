//! Scripts in Python, with what they assert themselves.

use super::environment::Clients;

#[tokio::test]
async fn carries_out_what_the_scripts_of_a_course_do() {
    let Some(clients) = Clients::start().await else { return };
    clients.script("seeds.py").await;
}

#[tokio::test]
async fn answers_every_operation_as_awss_own_model_has_it() {
    let Some(clients) = Clients::start().await else { return };
    clients.script("answers.py").await;
}

#[tokio::test]
async fn refuses_by_name_exactly_what_it_does_not_declare() {
    let Some(clients) = Clients::start().await else { return };
    clients.script("declared.py").await;
}

#[tokio::test]
async fn takes_every_resource_type_through_the_life_of_a_stack() {
    let Some(clients) = Clients::start().await else { return };
    clients.script("journeys.py").await;
}

#[tokio::test]
async fn does_what_awss_documentation_says_step_by_step() {
    let Some(clients) = Clients::start().await else { return };
    clients.script("steps.py").await;
}
