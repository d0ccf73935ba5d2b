//! A model that cannot be used, in the window.

use twinsight::app::View;
use twinsight::model::ModelName;
use twinsight::source::SourceRequest;

use crate::small_network::Shop;
use crate::support::{Desk, Plan};

/// Without the reason, a picture without boxes would look like one without objects.
#[test]
fn outputs_that_are_not_finite_are_told_on_the_picture() {
    let shop = Shop::new();
    let mut bytes = std::fs::read(shop.float()).unwrap();
    // The head's biases come last but for names and metadata: 1.0 is its objectness.
    let one = bytes.windows(4).rposition(|four| four == 1f32.to_le_bytes()).unwrap();
    bytes[one..one + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    let bad = shop.path("bad.onnx");
    std::fs::write(&bad, bytes).unwrap();
    let picture = shop.picture("pictures", 7);
    let mut desk = Desk::new(Plan {
        source: SourceRequest::Still(picture.clone()),
        files: vec![picture],
        models: [shop.float(), bad].map(|path| Some(ModelName::File(path))),
        view: Some(View::Overlay),
        catalog: shop.catalog(),
        real: true,
        ..Plan::default()
    });
    desk.until("the reason", |d| d.has_words("the outputs of bad are not finite"));
}
