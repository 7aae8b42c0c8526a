// SPDX-License-Identifier: MIT
// A sampler of one's own: the engine gives logits, the program chooses. A fork tries another way without computing the past again.
using Phi4;
using Phi4.Tokenizer;

await using Phi4Model model = await Phi4Model.LoadAsync(args.FirstOrDefault() ?? "samples/phi4-sample");
Phi4Tokenizer tokenizer = model.Tokenizer!;

using Phi4Sequence sequence = model.CreateSequence();
sequence.Append(tokenizer.EncodeChat(
    model.ChatTemplate!.RenderSegments([new ChatMessage("user", "Tell me a short story about a cat.")], addGenerationPrompt: true, tokenizer.SpecialTokens)));
sequence.Forward();

using Phi4Sequence branch = sequence.Fork(); // shares what is cached so far
Console.WriteLine(Answer(sequence, temperature: 0, new Random(1)));
Console.WriteLine(Answer(branch, temperature: 0.8f, new Random(1)));

string Answer(Phi4Sequence past, float temperature, Random random)
{
    List<int> answer = [];
    while (answer.Count < 80)
    {
        int token = Choose(past.Forward(), temperature, random);
        if (model.EndTokenIds.Contains(token))
            break;
        answer.Add(token);
        past.Append(token);
    }

    return tokenizer.Decode(answer);
}

// The Gumbel-max trick: the largest of logit / temperature + noise is a draw from the softmax, without computing it.
static int Choose(ReadOnlySpan<float> logits, float temperature, Random random)
{
    int best = 0;
    double bestScore = double.NegativeInfinity;
    for (int id = 0; id < logits.Length; id++)
    {
        double score = temperature == 0 ? logits[id] : (logits[id] / temperature) - Math.Log(-Math.Log(1 - random.NextDouble()));
        if (score > bestScore)
            (best, bestScore) = (id, score);
    }

    return best;
}
