// SPDX-License-Identifier: MIT
namespace Phi4.TestSupport.Schemas;

/// <summary>What one judge says of many texts.</summary>
/// <param name="Judge">The judge.</param>
/// <param name="Judged">Texts that it took.</param>
/// <param name="Faults">Of those that it calls invalid: schema, text and reason.</param>
public sealed record Verdicts(string Judge, int Judged, IReadOnlyList<string> Faults)
{
    public static Verdicts OfNJsonSchema(IReadOnlyList<JudgedText> texts)
    {
        JudgedText[] known = [.. texts.Where(NJsonJudge.Knows)];
        return Of("NJsonSchema", known, [.. known.Select(NJsonJudge.Judge)]);
    }

    public static Verdicts OfAjv(IReadOnlyList<JudgedText> texts) => Of("ajv", texts, AjvJudge.Judge(texts));

    public override string ToString() => FormattableString.Invariant($"{Judge} judged {Judged:N0}, {Faults.Count:N0} invalid");

    private static Verdicts Of(string judge, IReadOnlyList<JudgedText> texts, IReadOnlyList<string> reasons) =>
        new(judge, texts.Count, [.. texts.Zip(reasons).Where(pair => pair.Second.Length > 0).Select(pair => $"{pair.First.Schema}\n  {pair.First.Text}\n  {pair.Second}")]);
}
