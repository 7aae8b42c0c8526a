// SPDX-License-Identifier: MIT
// Tools: the model asks for functions of this program, they are run, and it answers from what they gave.
using Microsoft.Extensions.AI;
using Phi4;
using Phi4.Extensions.AI;

await using Phi4Model model = await Phi4Model.LoadAsync(args.FirstOrDefault() ?? "samples/phi4-sample");
using IChatClient chat = model.AsChatClient().AsBuilder().UseFunctionInvocation().Build();
var options = new ChatOptions
{
    Tools =
    [
        AIFunctionFactory.Create((int a, int b) => a * b, "multiply", "Multiplies two numbers."),
        AIFunctionFactory.Create((int a, int b) => a + b, "add", "Adds two numbers."),
        AIFunctionFactory.Create((string city) => city == "Oslo" ? "rainy" : "sunny", "weather", "The weather of a city."),
    ],
};

// One call; two, of which the second needs the first one's result; one; none.
foreach (string question in (string[])["What is 78 * 87?", "Add 60 and 76, then add 27.", "What is the weather in Oslo?", "What is the capital of France?"])
{
    ChatResponse response = await chat.GetResponseAsync(question, options);
    Console.WriteLine(question);
    foreach (FunctionCallContent call in response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>())
    {
        Console.WriteLine($"  {call.Name}({string.Join(", ", call.Arguments!.Select(argument => $"{argument.Key}: {argument.Value}"))})");
    }

    Console.WriteLine($"  {response.Messages[^1].Text}");
}
