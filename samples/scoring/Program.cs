// SPDX-License-Identifier: MIT
// What the model thinks of given texts: perplexity, and a multiple-choice question decided by log-probability.
using System.Globalization;
using Phi4;
using Phi4.Tokenizer;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
await using Phi4Model model = await Phi4Model.LoadAsync(args.FirstOrDefault() ?? "samples/phi4-sample");

// exp(-mean log-probability): about how many tokens the model hesitates between.
foreach (string text in (string[])["Once there was a small cat named Max.", "Max named cat small a was there once."])
{
    TokenScores scores = await model.ScoreAsync(Prompt.FromText(text));
    Console.WriteLine($"perplexity {Math.Exp(-scores.MeanLogProb),8:F1}  {text}");
}

// The answer whose tokens are the most probable after the question.
Phi4Tokenizer tokenizer = model.Tokenizer!;
int[] question = tokenizer.EncodeChat(model.ChatTemplate!.RenderSegments([new ChatMessage("user", "What is the capital of France?")], addGenerationPrompt: true, tokenizer.SpecialTokens));
string[] answers = ["The capital of Spain is Madrid.", "The capital of France is Paris.", "The capital of France is Rome."];
double[] logProbs = await Task.WhenAll(answers.Select(async answer =>
{
    TokenScores scores = await model.ScoreAsync(Prompt.FromTokens([.. question, .. tokenizer.Encode(answer)]));
    return scores.LogProbs.Skip(question.Length).Sum(value => (double)value!.Value);
}));
foreach ((string answer, double logProb) in answers.Zip(logProbs))
    Console.WriteLine($"{logProb,8:F2}  {answer}");

Console.WriteLine($"best: {answers[Array.IndexOf(logProbs, logProbs.Max())]}");
