// SPDX-License-Identifier: MIT
using System.Text;
using System.Text.Json;
using Phi4.Cli.Json;
using Phi4.Cli.Streams;

namespace Phi4.Cli.Verbs;

/// <summary>Collects an answer as it comes and, where it is for people, passes its text on at once.</summary>
/// <param name="terminal">Where it goes.</param>
/// <param name="streams">Whether it goes there as it comes.</param>
/// <param name="wrap">Breaks its lines between words; null to leave them as they are.</param>
internal sealed class AnswerWriter(Terminal terminal, bool streams, WordWrap? wrap = null)
{
    private readonly StringBuilder _text = new();
    private readonly List<int> _ids = [];
    private readonly List<TokenLogProbs> _logProbs = [];

    public string Text => _text.ToString();

    public FinishReason Finish { get; private set; } = FinishReason.Cancelled;

    /// <summary>What it cost; null if it was broken off before that was known.</summary>
    public GenerationUsage? Usage { get; private set; }

    /// <summary>Takes a whole answer; an interrupted one stays as far as it came, with <see cref="FinishReason.Cancelled"/>.</summary>
    public async Task TakeAsync(IAsyncEnumerable<GenerationChunk> chunks)
    {
        try
        {
            await foreach (GenerationChunk chunk in chunks.ConfigureAwait(false))
            {
                Take(chunk);
            }
        }
        catch (OperationCanceledException)
        {
            Finish = FinishReason.Cancelled;
        }
    }

    /// <summary>One JSON line with everything.</summary>
    /// <param name="hasText">Whether the model has a tokenizer.</param>
    /// <param name="hasLogProbs">Whether log-probabilities were asked for.</param>
    /// <param name="loadTime">What loading took.</param>
    public string ToJson(bool hasText, bool hasLogProbs, TimeSpan loadTime)
    {
        using var line = new JsonLine();
        return line.Object(writer =>
        {
            if (hasText)
            {
                writer.WriteString("text", Text);
            }

            writer.WriteStartArray("ids");
            _ids.ForEach(writer.WriteNumberValue);
            writer.WriteEndArray();
            if (hasLogProbs)
            {
                writer.WriteStartArray("logprobs");
                _logProbs.ForEach(entry => JsonValues.Write(writer, entry));
                writer.WriteEndArray();
            }

            writer.WriteString("finish", JsonValues.NameOf(Finish));
            if (Usage is not null)
            {
                writer.WriteNumber("seed", Usage.Seed);
            }

            WriteTimings(writer, loadTime);
        });
    }

    /// <summary>One line for people: counts, speeds, why it ended.</summary>
    public string Statistics(TimeSpan loadTime) => Usage is null
        ? "interrupted before anything was measured"
        : FormattableString.Invariant($"prompt {Usage.PromptTokens} tokens in {Usage.PromptTime.TotalSeconds:F3} s ({Usage.PromptTokensPerSecond:F1}/s), ")
            + FormattableString.Invariant($"answer {Usage.GeneratedTokens} tokens in {Usage.GenerationTime.TotalSeconds:F3} s ({Usage.GeneratedTokensPerSecond:F1}/s), ")
            + FormattableString.Invariant($"loading {loadTime.TotalSeconds:F2} s, finish {JsonValues.NameOf(Finish)}, seed {Usage.Seed}");

    private void Take(GenerationChunk chunk)
    {
        _text.Append(chunk.Text);
        _ids.AddRange(chunk.TokenIds);
        _logProbs.AddRange(chunk.LogProbs ?? []);
        Finish = chunk.FinishReason ?? Finish;
        Usage = chunk.Usage ?? Usage;
        if (streams && chunk.Text.Length > 0)
        {
            string text = terminal.OutputIsTerminal ? SafeText.Of(chunk.Text) : chunk.Text;
            terminal.Out.Write(wrap is null ? text : wrap.Of(text));
            terminal.Out.Flush();
        }
    }

    private void WriteTimings(Utf8JsonWriter writer, TimeSpan loadTime)
    {
        writer.WriteStartObject("timings");
        writer.WriteNumber("load_seconds", loadTime.TotalSeconds);
        if (Usage is not null)
        {
            writer.WriteNumber("prompt_tokens", Usage.PromptTokens);
            writer.WriteNumber("generated_tokens", Usage.GeneratedTokens);
            writer.WriteNumber("forced_tokens", Usage.ForcedTokens);
            writer.WriteNumber("queue_seconds", Usage.QueueTime.TotalSeconds);
            writer.WriteNumber("prompt_seconds", Usage.PromptTime.TotalSeconds);
            writer.WriteNumber("generation_seconds", Usage.GenerationTime.TotalSeconds);
            writer.WriteNumber("prompt_tokens_per_second", Usage.PromptTokensPerSecond);
            writer.WriteNumber("generated_tokens_per_second", Usage.GeneratedTokensPerSecond);
        }

        writer.WriteEndObject();
    }
}
