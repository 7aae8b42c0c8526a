// SPDX-License-Identifier: MIT
// Many questions at once: requests share every step of the model, so together they take a fraction of the time that they take one by one.
using System.Diagnostics;
using System.Globalization;
using Phi4;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
await using Phi4Model model = await Phi4Model.LoadAsync(args.FirstOrDefault() ?? "samples/phi4-sample");
var options = new GenerationOptions { Temperature = 0, MaxTokens = 60 };
(int A, int B)[] sums = [.. Enumerable.Range(0, 16).Select(i => (11 + (5 * i), 19 + (4 * i)))];

// One after the other.
long start = Stopwatch.GetTimestamp();
List<string> alone = [];
foreach ((int a, int b) in sums)
    alone.Add((await model.CompleteAsync(Ask(a, b), options)).Text);
TimeSpan oneByOne = Stopwatch.GetElapsedTime(start);

// All at once, taken as they are done.
start = Stopwatch.GetTimestamp();
int same = 0;
await foreach (Task<(int Index, GenerationResult Answer)> done in Task.WhenEach(sums.Select(AnswerAsync)))
{
    (int index, GenerationResult answer) = await done;
    Console.WriteLine($"{index}: {answer.Text} [{answer.FinishReason}, {answer.Usage.GeneratedTokens} tokens]");
    same += answer.Text == alone[index] ? 1 : 0;
}

TimeSpan together = Stopwatch.GetElapsedTime(start);
Console.WriteLine($"{same} of {sums.Length} answers are the same as one by one"); // all: what else runs changes no bit of an answer
Console.Error.WriteLine($"one by one {oneByOne.TotalSeconds:F2} s, together {together.TotalSeconds:F2} s");

static Prompt Ask(int a, int b) => Prompt.FromUser($"What is {a} + {b}?");

async Task<(int, GenerationResult)> AnswerAsync((int A, int B) sum, int index) => (index, await model.CompleteAsync(Ask(sum.A, sum.B), options));
