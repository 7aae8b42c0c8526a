// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>Bounds on what a template may use; passing one is a <see cref="ChatTemplateException"/> of kind <c>Limit</c>.</summary>
public sealed record TemplateLimits
{
    /// <summary>The limits used where none are given.</summary>
    public static TemplateLimits Default { get; } = new();

    /// <summary>Longest template source, in UTF-16 units.</summary>
    public int MaxSourceLength { get; init; } = 1 << 20;

    /// <summary>Longest string a template may build, the output included, in UTF-16 units.</summary>
    public int MaxTextLength { get; init; } = 1 << 26;

    /// <summary>Work units: one for each node evaluated, list element made, and sixteen characters written.</summary>
    public long MaxWork { get; init; } = 20_000_000;

    /// <summary>Deepest nesting of constructs in the source, and of values when they are compared or written out.</summary>
    public int MaxNesting { get; init; } = 200;

    /// <summary>Deepest chain of evaluations, macro calls included.</summary>
    public int MaxDepth { get; init; } = 1000;

    /// <summary>Most elements of one <c>range</c>; Jinja's own sandbox has the same figure.</summary>
    public int MaxRange { get; init; } = 100_000;

    /// <summary>Longest time one rendering may take.</summary>
    public TimeSpan MaxTime { get; init; } = TimeSpan.FromSeconds(10);
}
