//! The three macros in which the TwiML grammar is written down: `tokens!` for closed sets of
//! attribute values, `element!` for an element's attributes, `children!` for what may be nested
//! where. A reader checks them against Twilio's reference pages line by line; nothing else in
//! this module may spell an element or attribute name.

use super::writer::Writer;

/// An element with its attributes, ready to be written. Implemented by `element!` only.
pub(super) trait Element {
    /// The element's name as Twilio spells it.
    fn tag(&self) -> &'static str;
    /// Text that comes before any nested element; empty for none.
    fn text(&self) -> &str {
        ""
    }
    /// Writes each attribute that is set, in the order of the struct.
    fn write_attributes(&self, writer: &mut Writer);
}

/// A closed set of attribute values: an enum, its spelling, and the way back.
macro_rules! tokens {
    ($(
        $(#[$meta:meta])*
        pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $spelling:literal,)+ }
    )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_meta])* #[doc = concat!("Written `", $spelling, "`.")] $variant,)+ }

        impl $name {
            /// The value as Twilio spells it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $spelling,)+ }
            }

            /// The value that Twilio spells so; `None` for any other spelling.
            #[must_use]
            pub fn parse(spelling: &str) -> Option<Self> {
                match spelling { $($spelling => Some(Self::$variant),)+ _ => None }
            }
        }

        impl super::writer::Value for $name {
            fn write(self, writer: &mut super::writer::Writer) {
                writer.push_raw(self.as_str());
            }
        }
    )+};
}

/// An element: a struct with one `Option` field for each attribute and, for a verb that carries
/// text, that text.
macro_rules! element {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident $(<$life:lifetime>)? = $tag:literal
        $(($(#[$text_meta:meta])* $text:ident : $text_type:ty))?
        {
            $($(#[$field_meta:meta])* $field:ident : $type:ty = $attribute:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        $vis struct $name $(<$life>)? {
            $($(#[$text_meta])* $vis $text: $text_type,)?
            $(
                $(#[$field_meta])*
                #[doc = concat!("\n\nAttribute `", $attribute, "`.")]
                $vis $field: Option<$type>,
            )*
        }

        impl $(<$life>)? super::element::Element for $name $(<$life>)? {
            fn tag(&self) -> &'static str { $tag }
            $(fn text(&self) -> &str { self.$text })?
            #[allow(unused_variables, reason = "an element without attributes writes none")]
            fn write_attributes(&self, writer: &mut super::writer::Writer) {
                $(writer.attribute($attribute, self.$field);)*
            }
        }
    };
}

/// What may be nested in a scope, one method for each line:
///
/// - `fn say(&Say);` an element that holds no other; its attributes are the argument
/// - `fn number(phone_number, &Number);` the same, and its text is an argument
/// - `fn hangup(Hangup);`, `fn sim(sim_sid, Sim);` an element without attributes
/// - `fn parameter(name, value, Parameter);` an element that is a pair
/// - `{ Scope }` before the semicolon: a closure writes what is nested in the element
macro_rules! children {
    ($($(#[$meta:meta])* fn $method:ident ($($arguments:tt)*) $({ $scope:ident })?;)+) => {
        $(super::element::children!(@one [$(#[$meta])*] $method ($($arguments)*) $($scope)?);)+
    };
    (@one [$($doc:tt)*] $method:ident (&$element:ident)) => {
        $($doc)*
        pub fn $method(&mut self, attributes: &$element) -> &mut Self {
            self.writer().leaf(attributes, "");
            self
        }
    };
    (@one [$($doc:tt)*] $method:ident ($text:ident, &$element:ident)) => {
        $($doc)*
        pub fn $method(&mut self, $text: &str, attributes: &$element) -> &mut Self {
            self.writer().leaf(attributes, $text);
            self
        }
    };
    (@one [$($doc:tt)*] $method:ident ($element:ident)) => {
        $($doc)*
        pub fn $method(&mut self) -> &mut Self {
            self.writer().leaf(&$element {}, "");
            self
        }
    };
    (@one [$($doc:tt)*] $method:ident ($text:ident, $element:ident)) => {
        $($doc)*
        pub fn $method(&mut self, $text: &str) -> &mut Self {
            self.writer().leaf(&$element {}, $text);
            self
        }
    };
    (@one [$($doc:tt)*] $method:ident ($name:ident, $value:ident, $element:ident)) => {
        $($doc)*
        pub fn $method(&mut self, $name: &str, $value: &str) -> &mut Self {
            let pair = $element { $name: Some($name), $value: Some($value) };
            self.writer().leaf(&pair, "");
            self
        }
    };
    (@one [$($doc:tt)*] $method:ident (&$element:ident) $scope:ident) => {
        $($doc)*
        pub fn $method(
            &mut self,
            attributes: &$element,
            nested: impl FnOnce(&mut $scope<'_>),
        ) -> &mut Self {
            self.writer().open(attributes, "");
            nested(&mut $scope::new(self.writer()));
            self.writer().close(attributes);
            self
        }
    };
    (@one [$($doc:tt)*] $method:ident ($text:ident, &$element:ident) $scope:ident) => {
        $($doc)*
        pub fn $method(
            &mut self,
            $text: &str,
            attributes: &$element,
            nested: impl FnOnce(&mut $scope<'_>),
        ) -> &mut Self {
            self.writer().open(attributes, $text);
            nested(&mut $scope::new(self.writer()));
            self.writer().close(attributes);
            self
        }
    };
    (@one [$($doc:tt)*] $method:ident ($element:ident) $scope:ident) => {
        $($doc)*
        pub fn $method(&mut self, nested: impl FnOnce(&mut $scope<'_>)) -> &mut Self {
            self.writer().open(&$element {}, "");
            nested(&mut $scope::new(self.writer()));
            self.writer().close(&$element {});
            self
        }
    };
}

/// A scope: the inside of one element while a closure writes it, with what may be nested there.
macro_rules! scope {
    ($(#[$meta:meta])* pub struct $name:ident { $($children:tt)+ }) => {
        $(#[$meta])*
        #[derive(Debug)]
        pub struct $name<'w> {
            writer: &'w mut super::writer::Writer,
        }

        impl<'w> $name<'w> {
            pub(super) fn new(writer: &'w mut super::writer::Writer) -> Self {
                Self { writer }
            }

            fn writer(&mut self) -> &mut super::writer::Writer {
                self.writer
            }

            super::element::children! { $($children)+ }
        }
    };
}

pub(super) use {children, element, scope, tokens};
