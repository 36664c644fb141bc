//! The codes of lints.

use std::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+) => {
        /// A lint's code: its area and its reason.
        ///
        /// # Examples
        ///
        /// ```
        /// use xtask::diagnostic::Code;
        ///
        /// assert_eq!(Code::DefaultNotAChoice.as_str(), "param::default-not-a-choice");
        /// assert!(Code::ALL.contains(&Code::DefaultNotAChoice));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as it is shown.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }
        }
    };
}

codes! {
    /// The file is not strict JSON.
    Syntax = "json::syntax",
    /// A key stands twice in one object.
    DuplicateKey = "json::duplicate-key",
    /// The format has no such key there.
    UnknownKey = "json::unknown-key",
    /// A key that must be there is not.
    MissingKey = "json::missing-key",
    /// A value has the wrong JSON type.
    WrongType = "json::wrong-type",
    /// A word is none of those that the format knows there, such as a type of parameter.
    UnknownWord = "json::unknown-word",

    /// The file is not named after its task.
    FileName = "file::name",
    /// The folder has no `service.json`.
    NoService = "file::no-service",
    /// `$schema` does not lead to the schema.
    SchemaPath = "file::schema-path",
    /// Two services generate one crate.
    CrateTaken = "file::crate-taken",

    /// A name does not make a Rust name.
    Identifier = "name::identifier",
    /// A name is a Rust keyword, or a function that every task has.
    Reserved = "name::reserved",
    /// Two things get the same Rust name.
    Collision = "name::collision",
    /// A type would hide one that generated code uses.
    TypeTaken = "name::type-taken",

    /// Two parameters, or members, have the same wire name, in any letter case.
    DuplicateParameter = "param::duplicate",
    /// Two parameters have the same command-line flag.
    FlagCollision = "param::flag-collision",
    /// A required parameter has a default.
    RequiredDefault = "param::required-default",
    /// A default has not the parameter's type.
    DefaultType = "param::default-type",
    /// A default is not one of the choices.
    DefaultNotAChoice = "param::default-not-a-choice",
    /// A default is out of the parameter's range.
    DefaultOutOfRange = "param::default-out-of-range",
    /// A range on what is no number.
    RangeWithoutNumber = "param::range-without-number",
    /// A range that no number, or every number, is in.
    EmptyRange = "param::empty-range",
    /// Geometries on what takes no features.
    GeometryWithoutFeatures = "param::geometry-without-features",
    /// A least number of items on what is no list, or one that every list has.
    MinItems = "param::min-items",
    /// An object on what holds none, or the other way round.
    ObjectReference = "param::object-reference",

    /// Choices on what is no choice, or the other way round.
    ChoiceReference = "choice::reference",
    /// The service has no such set of choices.
    UnknownSet = "choice::unknown-set",
    /// No task uses the set of choices.
    UnusedSet = "choice::unused-set",
    /// There is no word to choose.
    NoChoices = "choice::none",
    /// A word is listed twice, in any letter case.
    DuplicateChoice = "choice::duplicate",
    /// A word makes no Rust variant, and has no `rust` name.
    ChoiceIdentifier = "choice::identifier",
    /// A word makes the variant that stands for unknown words.
    ChoiceReserved = "choice::reserved",
    /// Two parameters make enums of one name from different words.
    ChoiceConflict = "choice::conflict",

    /// The spec has no such object.
    UnknownObject = "object::unknown",
    /// No parameter holds the object.
    UnusedObject = "object::unused",
    /// An object has no members.
    EmptyObject = "object::empty",
    /// An object holds itself.
    RecursiveObject = "object::recursive",

    /// A variant names a parameter that does not exist.
    GroupUnknownParameter = "group::unknown-parameter",
    /// A parameter belongs to two variants.
    GroupParameterTwice = "group::parameter-twice",
    /// A variant has no required parameter by which it could be told.
    GroupOptional = "group::optional-variant",
    /// A group has fewer than two variants.
    GroupTooSmall = "group::too-small",

    /// A rule names a parameter that does not exist.
    RuleUnknownParameter = "rule::unknown-parameter",
    /// A condition names a parameter that does not exist.
    ConditionUnknownParameter = "rule::condition-unknown-parameter",
    /// A condition asks no question, or several.
    ConditionShape = "rule::condition-shape",
    /// `onlyWhen` without a condition.
    OnlyWhenWithoutWhen = "rule::only-when-without-when",
    /// A rule lacks a key that its kind needs, or has one that its kind does not know.
    RuleKeys = "rule::keys",
    /// A rule, or a condition, asks what a parameter of that type cannot answer.
    RuleType = "rule::type",
    /// A rule that is always, or never, fulfilled.
    RulePointless = "rule::pointless",

    /// Two results have the same wire name, in any letter case.
    DuplicateResult = "result::duplicate",
    /// `when` on a result that always comes, or none on one that does not.
    ResultWhen = "result::when",

    /// An overlay corrects what the service does not describe.
    OverlayUnknown = "overlay::unknown",
    /// An overlay changes nothing.
    OverlayWithoutEffect = "overlay::without-effect",

    /// A text is still to be written.
    Todo = "doc::todo",
    /// A text is empty.
    EmptyDoc = "doc::empty",
    /// A text is no sentence with a full stop.
    Sentence = "doc::sentence",
    /// A summary is not exactly one sentence.
    Summary = "doc::summary",
    /// A clause is written as a sentence.
    Clause = "doc::clause",
    /// A name in backticks is nearly that of a parameter.
    MisspeltName = "doc::misspelt-name",

    /// There is no example.
    NoExample = "example::absent",
    /// An example lacks a required parameter.
    ExampleMissing = "example::missing-parameter",
    /// An example gives a parameter that does not exist.
    ExampleUnknown = "example::unknown-parameter",
    /// An example gives parameters that exclude each other, or none of a required group.
    ExampleGroup = "example::breaks-group",
    /// A value of an example has not the parameter's type, or is not one of its choices.
    ExampleType = "example::wrong-type",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
