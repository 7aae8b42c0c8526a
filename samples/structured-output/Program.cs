// SPDX-License-Identifier: MIT
// Answers as objects: the schema of the type is enforced while the model writes, so that there is nothing to retry.
using Microsoft.Extensions.AI;
using Phi4;
using Phi4.Extensions.AI;

await using Phi4Model model = await Phi4Model.LoadAsync(args.FirstOrDefault() ?? "samples/phi4-sample");
using IChatClient chat = model.AsChatClient();

// What a sentence says, as a record.
foreach (string sentence in (string[])["Emma is 34 years old and lives in Lisbon.", "Tom from Oslo is 7."])
{
    Person person = (await chat.GetResponseAsync<Person>(sentence)).Result;
    Console.WriteLine($"{person.Name}, {person.Age}, {person.City}");
}

// Cut by its length, an answer is no object, and says so.
ChatResponse<Person> cut = await chat.GetResponseAsync<Person>("Emma is 34 years old and lives in Lisbon.", new ChatOptions { MaxOutputTokens = 8 });
Console.WriteLine($"{cut.FinishReason}, {(cut.TryGetResult(out _) ? "an object" : "no object")}: {cut.Text}");

// A choice: no other word can come.
Console.WriteLine((await chat.GetResponseAsync<bool>("Is snow white?")).TryGetResult(out bool _) ? "yes or no" : "something else");

internal sealed record Person(string Name, long Age, string City);
