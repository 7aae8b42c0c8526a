// SPDX-License-Identifier: MIT
namespace Phi4.Core.Evaluation;

/// <summary>A stretch of the text that a model sees at once.</summary>
/// <param name="Start">Index of its first token in the text.</param>
/// <param name="Length">Tokens.</param>
/// <param name="FirstCounted">Index in the window of the first token that counts, at least 1; all after it do.</param>
internal readonly record struct EvaluationWindow(int Start, int Length, int FirstCounted)
{
    public int CountedTokens => Length - FirstCounted;

    /// <exception cref="InvalidOptionsException">An impossible option.</exception>
    /// <exception cref="TextTooShortException">Not one token would count.</exception>
    public static IReadOnlyList<EvaluationWindow> Cut(int tokenCount, EvaluationOptions options)
    {
        int size = options.WindowTokens;
        Require(Enum.IsDefined(options.Method), nameof(options.Method), options.Method, "a named method");
        bool slides = options.Method == EvaluationMethod.Sliding;
        int least = slides ? 2 : 3;
        Require(size >= least, nameof(options.WindowTokens), size, FormattableString.Invariant($"at least {least}"));
        Require(slides || options.Stride is null, nameof(options.Stride), options.Stride, "none, for windows side by side");
        Require(options.Stride is null || (options.Stride >= 1 && options.Stride <= size), nameof(options.Stride), options.Stride, FormattableString.Invariant($"1 to the window's {size}"));
        int needed = slides ? least : size;
        return tokenCount < needed ? throw new TextTooShortException(tokenCount, needed)
            : slides ? [.. Sliding(tokenCount, size, options.Stride ?? Math.Max(1, size / 2))]
            : [.. Enumerable.Range(0, tokenCount / size).Select(i => new EvaluationWindow(i * size, size, (size / 2) + 1))];
    }

    private static IEnumerable<EvaluationWindow> Sliding(int tokenCount, int size, int stride)
    {
        int counted = 1;
        for (int start = 0; counted < tokenCount; start += stride)
        {
            int end = Math.Min(start + size, tokenCount);

            // With a stride of a whole window nothing precedes a window's first token: it cannot count.
            int first = Math.Max(counted - start, 1);
            if (end - start > first)
            {
                yield return new EvaluationWindow(start, end - start, first);
            }

            counted = end;
        }
    }

    private static void Require(bool holds, string option, object? value, string allowed)
    {
        if (!holds)
        {
            throw new InvalidOptionsException(option, value, allowed);
        }
    }
}
