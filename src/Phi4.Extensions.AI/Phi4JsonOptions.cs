// SPDX-License-Identifier: MIT
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace Phi4.Extensions.AI;

/// <summary>Serializer options under which the schema of a type says what its properties can hold, so that a typed answer always deserializes.</summary>
public static class Phi4JsonOptions
{
    private static readonly Dictionary<Type, Attribute> Limits = new()
    {
        [typeof(byte)] = new RangeAttribute(byte.MinValue, byte.MaxValue),
        [typeof(sbyte)] = new RangeAttribute(sbyte.MinValue, sbyte.MaxValue),
        [typeof(short)] = new RangeAttribute(short.MinValue, short.MaxValue),
        [typeof(ushort)] = new RangeAttribute(ushort.MinValue, ushort.MaxValue),
        [typeof(int)] = new RangeAttribute(int.MinValue, int.MaxValue),
        [typeof(uint)] = new RangeAttribute(0.0, uint.MaxValue),
        [typeof(ulong)] = new RangeAttribute(0.0, 1e18),
        [typeof(Half)] = new RangeAttribute(-65504, 65504),
        [typeof(decimal)] = new RangeAttribute(-1e18, 1e18),
        [typeof(byte[])] = new Base64StringAttribute(),
        [typeof(Memory<byte>)] = new Base64StringAttribute(),
        [typeof(ReadOnlyMemory<byte>)] = new Base64StringAttribute(),
    };

    /// <summary>
    /// Microsoft.Extensions.AI's default options, made precise: <c>chat.GetResponseAsync&lt;City&gt;("…", Phi4JsonOptions.Precise)</c>.
    /// </summary>
    public static JsonSerializerOptions Precise { get; } = MakePrecise(AIJsonUtilities.DefaultOptions);

    /// <summary>
    /// A copy of options under which properties of number types have their type's bounds, bytes are Base64, and flags are a list of their names, where a schema is made of a type. An attribute of the
    /// property's own goes first. Elements of lists and values of dictionaries are not properties: their numbers stay without bounds.
    /// </summary>
    /// <param name="options">With a resolver for the types.</param>
    public static JsonSerializerOptions MakePrecise(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var precise = new JsonSerializerOptions(options);
        IJsonTypeInfoResolver resolver = options.TypeInfoResolver ?? throw new InvalidOptionsException(nameof(options.TypeInfoResolver), null, "a resolver for the types of answers");
        precise.TypeInfoResolver = resolver.WithAddedModifier(Describe);
        precise.MakeReadOnly();
        return precise;
    }

    private static void Describe(JsonTypeInfo type)
    {
        foreach (JsonPropertyInfo property in type.Properties)
        {
            if (LimitOf(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) is { } limit)
            {
                property.AttributeProvider = new OneMore(property.AttributeProvider, limit);
            }
        }
    }

    private static Attribute? LimitOf(Type type) => type.IsEnum && type.IsDefined(typeof(FlagsAttribute), inherit: false)
        ? new RegularExpressionAttribute($"^(?:{NamesOf(type)})(?:, (?:{NamesOf(type)}))*$")
        : Limits.GetValueOrDefault(type);

    private static string NamesOf(Type type) => string.Join('|', Enum.GetNames(type));

    /// <summary>What a property has, and an attribute of ours unless it has one of its kind.</summary>
    private sealed class OneMore(ICustomAttributeProvider? own, Attribute added) : ICustomAttributeProvider
    {
        public object[] GetCustomAttributes(bool inherit) => With(own?.GetCustomAttributes(inherit) ?? []);

        public object[] GetCustomAttributes(Type attributeType, bool inherit)
        {
            object[] owned = own?.GetCustomAttributes(attributeType, inherit) ?? [];
            return attributeType.IsInstanceOfType(added) ? With(owned) : owned;
        }

        public bool IsDefined(Type attributeType, bool inherit) => own?.IsDefined(attributeType, inherit) == true || attributeType.IsInstanceOfType(added);

        private object[] With(object[] owned) => owned.Any(added.GetType().IsInstanceOfType) ? owned : [.. owned, added];
    }
}
