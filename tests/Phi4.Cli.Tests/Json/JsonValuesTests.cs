// SPDX-License-Identifier: MIT
using System.Text.Json;
using CsCheck;
using Phi4.Cli.Json;

namespace Phi4.Cli.Tests.Json;

public sealed class JsonValuesTests
{
    [Test]
    public void NameOf_EveryFinishReason_IsItsNameInSnakeCase()
    {
        foreach (FinishReason reason in Enum.GetValues<FinishReason>())
        {
            Assert.That(JsonValues.NameOf(reason), Is.EqualTo(JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString())));
        }
    }

    [Test]
    public void Write_AnyFloat_ReadsBackAsTheSameBits() => Gen.Float.Sample(value =>
    {
        using var line = new JsonLine();
        string text = line.Object(writer =>
        {
            writer.WritePropertyName("x");
            JsonValues.Write(writer, value);
        });
        JsonElement back = JsonDocument.Parse(text).RootElement.GetProperty("x");
        return float.IsFinite(value)
            ? BitConverter.SingleToInt32Bits(back.GetSingle()) == BitConverter.SingleToInt32Bits(value)
            : back.ValueKind == JsonValueKind.Null;
    });
}
