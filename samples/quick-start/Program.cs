// SPDX-License-Identifier: MIT
// Loads a model and prints an answer as it comes.
using Phi4;

await using Phi4Model model = await Phi4Model.LoadAsync(args.FirstOrDefault() ?? "samples/phi4-sample");

await foreach (GenerationChunk chunk in model.GenerateAsync(Prompt.FromUser("What is 12 + 30?")))
    Console.Write(chunk.Text);

Console.WriteLine();
