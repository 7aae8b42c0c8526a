// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Phi4.Tokenizer.Templates;

/// <summary>
/// A JSON-like value handed to a chat template: text, number, truth value, none, list or members by name. Immutable.
/// Text made here is user data: it can never become a special token, whatever it spells.
/// </summary>
public abstract class TemplateValue
{
    private protected TemplateValue()
    {
    }

    /// <summary>Jinja's <c>none</c>, JSON's <c>null</c>.</summary>
    public static TemplateValue None => NoneValue.Instance;

    /// <summary>Python's truth of the value: empty text, empty lists, zero and none are false.</summary>
    internal abstract bool IsTrue { get; }

    /// <summary>What error messages call this kind of value.</summary>
    internal abstract string TypeName { get; }

    /// <summary>User text.</summary>
    public static implicit operator TemplateValue(string? text) => text is null ? None : StringValue.FromData(text);

    /// <summary>A truth value.</summary>
    public static implicit operator TemplateValue(bool value) => BooleanValue.Of(value);

    /// <summary>A whole number.</summary>
    public static implicit operator TemplateValue(long value) => new IntegerValue(value);

    /// <summary>A floating-point number.</summary>
    public static implicit operator TemplateValue(double value) => new FloatValue(value);

    /// <summary>A list of values.</summary>
    public static TemplateValue FromList(IEnumerable<TemplateValue> items) => new ListValue([.. items]);

    /// <summary>Members by name, in the order given; a later member replaces an earlier one of the same name.</summary>
    public static TemplateValue FromMembers(IEnumerable<KeyValuePair<string, TemplateValue>> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        var map = new MapValue();
        foreach ((string name, TemplateValue value) in members)
        {
            map.Set(StringValue.FromData(name), value ?? None);
        }

        return map;
    }

    /// <summary>The same value as a JSON element: the order of members and the difference of 1 and 1.0 are kept.</summary>
    public static TemplateValue FromJson(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => FromMembers(json.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, FromJson(member.Value)))),
        JsonValueKind.Array => FromList(json.EnumerateArray().Select(FromJson)),
        JsonValueKind.String => StringValue.FromData(json.GetString()!),
        JsonValueKind.Number => FromNumber(json.GetRawText()),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => None,
    };

    /// <summary>The value as Jinja prints it, for debugging.</summary>
    public override string ToString() => PythonText.Of(this, new EvaluationBudget(TemplateLimits.Default)).Text;

    private static TemplateValue FromNumber(string text) =>
        text.AsSpan().ContainsAny('.', 'e', 'E')
            ? new FloatValue(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture))
            : new IntegerValue(BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
}
