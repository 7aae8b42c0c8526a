// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Phi4.Cli.Json;

/// <summary>Writes one JSON object a line.</summary>
internal sealed class JsonLine : IDisposable
{
    // The output is no HTML: letters of all scripts stay readable.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = false };

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _writer;

    public JsonLine() => _writer = new Utf8JsonWriter(_buffer, Options);

    /// <summary>An object with the members that <paramref name="writeMembers"/> writes, as text.</summary>
    public string Object(Action<Utf8JsonWriter> writeMembers)
    {
        Begin();
        writeMembers(_writer);
        return End();
    }

    /// <summary>As <see cref="Object"/>, for members that must be waited for.</summary>
    public async Task<string> ObjectAsync(Func<Utf8JsonWriter, Task> writeMembers)
    {
        Begin();
        await writeMembers(_writer).ConfigureAwait(false);
        return End();
    }

    public void Dispose() => _writer.Dispose();

    private void Begin()
    {
        _buffer.ResetWrittenCount();
        _writer.Reset();
        _writer.WriteStartObject();
    }

    private string End()
    {
        _writer.WriteEndObject();
        _writer.Flush();
        return Encoding.UTF8.GetString(_buffer.WrittenSpan);
    }
}
