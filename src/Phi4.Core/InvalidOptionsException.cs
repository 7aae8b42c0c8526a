// SPDX-License-Identifier: MIT
using System.Collections;
using System.Globalization;

namespace Phi4;

/// <summary>A request's options hold a value, or a combination of values, that cannot be honoured. Nothing was computed.</summary>
public sealed class InvalidOptionsException : Phi4Exception
{
    /// <summary>An error that names the option, the value found and what is allowed.</summary>
    public InvalidOptionsException(string option, object? value, string allowed)
        : base(string.Create(CultureInfo.InvariantCulture, $"{option} is {Describe(value)}; allowed: {allowed}."))
    {
        Option = option;
        Value = value;
        Allowed = allowed;
    }

    /// <summary>Name of the property, e.g. <c>TopP</c>.</summary>
    public string Option { get; }

    /// <summary>What it was.</summary>
    public object? Value { get; }

    /// <summary>What it may be, in words.</summary>
    public string Allowed { get; }

    private static string Describe(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        ICollection list => string.Create(CultureInfo.InvariantCulture, $"a list of {list.Count}"),
        IReadOnlyCollection<int> list => string.Create(CultureInfo.InvariantCulture, $"a list of {list.Count}"),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "null",
    };
}
