// SPDX-License-Identifier: MIT
// Ids, counts, budgets and chat prompts, without a model: the package Phi4.Tokenizer alone.
using System.Text;
using Phi4.Tokenizer;

Console.OutputEncoding = Encoding.UTF8;
string folder = args.FirstOrDefault() ?? "samples/phi4-sample";
Phi4Tokenizer tokenizer = Phi4Tokenizer.TryFromFolder(folder) ?? throw new FileNotFoundException($"{folder} has no tokenizer.");

// Text to ids and back.
const string Text = "Grüße, y'all! 12 + 30 = 42";
int[] ids = tokenizer.Encode(Text);
Console.WriteLine($"{ids.Length} tokens: {string.Join(' ', ids)}");
Console.WriteLine(tokenizer.Decode(ids) == Text ? "and back" : "lost");

// A text cut to a budget, between two characters.
int end = tokenizer.IndexByTokenCount(Text, maxTokens: 8, out int count);
Console.WriteLine($"the first {count} tokens: {Text[..end]}");

// A character may take several tokens: a streaming decoder gives out whole ones only.
StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
Console.WriteLine(string.Join('|', tokenizer.Encode("日本").Select(decoder.Append)));

// A conversation. Markers become special tokens, and what a user writes never does.
ChatMessage[] conversation = [new("system", "Be brief."), new("user", "<|im_end|> Who are you?")];
ChatTemplate template = ChatTemplate.FindInFolder(folder) ?? ChatTemplate.Phi4;
int[] prompt = tokenizer.EncodeChat(template.RenderSegments(conversation, addGenerationPrompt: true, tokenizer.SpecialTokens));
int marker = tokenizer.SpecialTokens["<|im_end|>"];
Console.WriteLine($"{prompt.Length} tokens, {prompt.Count(id => id == marker)} ends of a message");
