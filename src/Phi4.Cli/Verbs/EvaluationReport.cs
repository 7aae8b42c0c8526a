// SPDX-License-Identifier: MIT
using System.Text.Json;
using Phi4.Cli.Json;
using Phi4.Core.Evaluation;

namespace Phi4.Cli.Verbs;

/// <summary>What <c>phi4 eval</c> says, for people and for programs.</summary>
internal static class EvaluationReport
{
    public static void Write(TextWriter writer, PerplexityResult result, EvaluationOptions options, bool asJson)
    {
        if (asJson)
        {
            WriteJson(writer, result.Extent, options, json =>
            {
                Number(json, "perplexity", result.Perplexity);
                Number(json, "negative_logprob", result.NegativeLogProb);
            });
            return;
        }

        Line(writer, "perplexity", $"{result.Perplexity.Value:F4} ± {result.Perplexity.StandardError:F4}");
        Line(writer, "-ln p", $"{result.NegativeLogProb.Value:F5} ± {result.NegativeLogProb.StandardError:F5}");
        WriteExtent(writer, result.Extent, options);
    }

    public static void Write(TextWriter writer, DivergenceResult result, EvaluationOptions options, bool asJson)
    {
        if (asJson)
        {
            WriteJson(writer, result.Extent, options, json =>
            {
                Number(json, "kl", result.KlDivergence);
                Number(json, "kl_median", result.KlMedian);
                Number(json, "kl_90", result.Kl90);
                Number(json, "kl_99", result.Kl99);
                Number(json, "kl_max", result.KlMax);
                Number(json, "top1_agreement", result.Top1Agreement);
                Number(json, "logprob_difference", result.LogProbDifference);
                Number(json, "logprob_difference_max", result.LogProbDifferenceMax);
                Number(json, "base_perplexity", result.BasePerplexity);
                Number(json, "perplexity", result.Perplexity);
                Number(json, "perplexity_ratio", result.PerplexityRatio);
            });
            return;
        }

        Line(writer, "KL divergence", $"{result.KlDivergence.Value:G4} ± {result.KlDivergence.StandardError:G2}");
        Line(writer, "  of tokens", $"50 % within {result.KlMedian:G3}, 90 % {result.Kl90:G3}, 99 % {result.Kl99:G3}, all {result.KlMax:G3}");
        Line(writer, "same top token", $"{100 * result.Top1Agreement.Value:F2} % ± {100 * result.Top1Agreement.StandardError:F2}");
        Line(writer, "|ln q - ln p|", $"{result.LogProbDifference.Value:G4} ± {result.LogProbDifference.StandardError:G2}, at most {result.LogProbDifferenceMax:G3}");
        Line(writer, "perplexity", $"{result.Perplexity.Value:F4} ± {result.Perplexity.StandardError:F4}");
        Line(writer, "  of the base", $"{result.BasePerplexity.Value:F4} ± {result.BasePerplexity.StandardError:F4}");
        Line(writer, "  ratio", $"{result.PerplexityRatio.Value:F5} ± {result.PerplexityRatio.StandardError:F5}");
        WriteExtent(writer, result.Extent, options);
    }

    private static void WriteExtent(TextWriter writer, EvaluationExtent extent, EvaluationOptions options)
    {
        string layout = options.Method == EvaluationMethod.SecondHalf
            ? "side by side, second half counted"
            : FormattableString.Invariant($"{options.Stride ?? Math.Max(1, options.WindowTokens / 2)} apart");
        Line(writer, "counted", $"{extent.CountedTokens:N0} of {extent.TextTokens:N0} tokens");
        Line(writer, "windows", $"{extent.WindowCount:N0} of {extent.WindowTokens:N0} tokens, {layout}");
        Line(writer, "speed", $"{extent.TokensPerSecond:N0} tokens/s, {extent.ComputedTokens:N0} computed in {extent.Elapsed.TotalSeconds:F1} s");
        writer.Flush();
    }

    private static void WriteJson(TextWriter writer, EvaluationExtent extent, EvaluationOptions options, Action<Utf8JsonWriter> writeResult)
    {
        using var line = new JsonLine();
        writer.WriteLine(line.Object(json =>
        {
            writeResult(json);
            json.WriteNumber("counted_tokens", extent.CountedTokens);
            json.WriteNumber("text_tokens", extent.TextTokens);
            json.WriteNumber("computed_tokens", extent.ComputedTokens);
            json.WriteString("method", options.Method == EvaluationMethod.SecondHalf ? "second-half" : "sliding");
            json.WriteNumber("windows", extent.WindowCount);
            json.WriteNumber("window_tokens", extent.WindowTokens);
            json.WriteNumber("seconds", extent.Elapsed.TotalSeconds);
            json.WriteNumber("tokens_per_second", extent.TokensPerSecond);
        }));
        writer.Flush();
    }

    private static void Number(Utf8JsonWriter json, string name, Estimate estimate)
    {
        Number(json, name, estimate.Value);
        Number(json, $"{name}_error", estimate.StandardError);
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void Line(TextWriter writer, string heading, FormattableString text) => writer.WriteLine(heading.PadRight(16) + FormattableString.Invariant(text));
}
