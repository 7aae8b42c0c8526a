// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>The language in which a <see cref="Constraint"/> is written.</summary>
public enum ConstraintKind
{
    /// <summary>Any JSON value.</summary>
    Json,

    /// <summary>JSON that a schema describes.</summary>
    JsonSchema,

    /// <summary>A regular expression.</summary>
    Regex,

    /// <summary>One of several texts.</summary>
    Choice,

    /// <summary>A context-free grammar.</summary>
    Grammar,
}
