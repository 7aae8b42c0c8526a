// SPDX-License-Identifier: MIT
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Phi4.TestSupport;
using Phi4.Tokenizer.Tests.Support;

namespace Phi4.Tokenizer.Tests.Vocabularies;

internal sealed class TokenizerFilesTests
{
    private const string Text = "<|im_start|>user<|im_sep|> It's 12 + 30 \U0001F601\n\n<|im_end|>";

    private static readonly byte[] SampleJson = File.ReadAllBytes(Repository.PathTo("samples", "phi4-sample", "tokenizer.json"));

    [Test]
    public void FromTokenizerJson_MergesAsPairs_GivesTheSameIds()
    {
        JsonNode json = JsonNode.Parse(SampleJson)!;
        var pairs = new JsonArray();
        foreach (JsonNode? merge in json["model"]!["merges"]!.AsArray())
        {
            string[] parts = merge is JsonArray both ? [both[0]!.GetValue<string>(), both[1]!.GetValue<string>()] : merge!.GetValue<string>().Split(' ');
            pairs.Add(new JsonArray(parts[0], parts[1]));
        }

        json["model"]!["merges"] = pairs;
        Phi4Tokenizer expected = Phi4Tokenizer.FromTokenizerJson(SampleJson), found = Read(json);
        Assert.That(found.Encode(Text, SpecialTokenHandling.Strip), Is.EqualTo(expected.Encode(Text, SpecialTokenHandling.Strip)));
        Assert.That(found.Decode(found.Encode(Text, SpecialTokenHandling.Parse)), Is.EqualTo(Text));
    }

    [TestCase("none")]
    [TestCase("map")]
    [TestCase("decoder")]
    public void FromFile_VocabAndMerges_EqualsTokenizerJson(string addedTokens)
    {
        using var folder = new TemporaryFolder();
        JsonNode json = JsonNode.Parse(Tokenizers.Phi4Json)!;
        folder.Write("vocab.json", json["model"]!["vocab"]!.ToJsonString());
        folder.Write("merges.txt", "#version: 0.2\n" + string.Join('\n', json["model"]!["merges"]!.AsArray().Select(merge => merge!.GetValue<string>())) + "\n");
        if (addedTokens == "map")
        {
            folder.Write("added_tokens.json", JsonSerializer.Serialize(AddedToken.Phi4.ToDictionary(token => token.Content, token => token.Id)));
        }
        else if (addedTokens == "decoder")
        {
            var decoder = json["added_tokens"]!.AsArray().ToDictionary(token => token!["id"]!.ToString(), token => token!.DeepClone());
            folder.Write("tokenizer_config.json", JsonSerializer.Serialize(new { added_tokens_decoder = decoder }));
        }

        foreach (string path in new[] { folder.Path, Path.Combine(folder.Path, "vocab.json"), Path.Combine(folder.Path, "merges.txt") })
        {
            Phi4Tokenizer found = Phi4Tokenizer.FromFile(path);

            // The map has no flags: nothing strips there.
            SpecialTokenHandling handling = addedTokens == "map" ? SpecialTokenHandling.Parse : SpecialTokenHandling.Strip;
            Assert.That(found.Encode(Text, handling), Is.EqualTo(Tokenizers.Phi4.Encode(Text, handling)));
            Assert.That(found.VocabularySize, Is.EqualTo(100352));
        }
    }

    [Test]
    public void FromFile_RankFile_EqualsTokenizerJson()
    {
        using var folder = new TemporaryFolder();
        folder.Write("cl100k_base.tiktoken", Encoding.UTF8.GetString(Tokenizers.Cl100kRanks));
        Phi4Tokenizer found = Phi4Tokenizer.FromFile(Path.Combine(folder.Path, "cl100k_base.tiktoken"));
        Assert.That(found.Encode(Text, SpecialTokenHandling.Strip), Is.EqualTo(Tokenizers.Phi4.Encode(Text, SpecialTokenHandling.Strip)));
        Assert.That(Phi4Tokenizer.TryFromFolder(folder.Path)!.SpecialTokens.Count, Is.EqualTo(96));
    }

    [Test]
    public void TryFromFolder_NoTokenizer_GivesNull()
    {
        using var folder = new TemporaryFolder();
        Assert.That(Phi4Tokenizer.TryFromFolder(folder.Path), Is.Null);
        Assert.Throws<FileNotFoundException>(() => Phi4Tokenizer.FromFile(folder.Path));
        Assert.Throws<FileNotFoundException>(() => Phi4Tokenizer.FromFile(Path.Combine(folder.Path, "tokenizer.json")));
    }

    // Each: the member to change, its new JSON, what the error says.
    [TestCase("pre_tokenizer/pretokenizers/0/pattern/Regex", "\"\\\\w+\"", "'\\w+'")]
    [TestCase("pre_tokenizer/pretokenizers/0/behavior", "\"MergedWithNext\"", "MergedWithNext")]
    [TestCase("pre_tokenizer/pretokenizers/1/add_prefix_space", "true", "add_prefix_space")]
    [TestCase("pre_tokenizer/pretokenizers/1/type", "\"Metaspace\"", "Metaspace")]
    [TestCase("normalizer", "{\"type\":\"NFC\"}", "NFC")]
    [TestCase("model/type", "\"Unigram\"", "Unigram")]
    [TestCase("model/byte_fallback", "true", "byte_fallback")]
    [TestCase("model/merges/0", "\"nospace\"", "nospace")]
    [TestCase("model/merges/0", "\"a zzzz\"", "azzzz")]
    [TestCase("model/merges/0", "[\"a\"]", "expected two tokens, found 1")]
    [TestCase("model/merges/0", "7", "model.merges[0]")]
    [TestCase("model/vocab/!", "-1", "-1")]
    [TestCase("model/vocab/!", "1", "1")]
    [TestCase("model/vocab/!", "4000000", "4000000")]
    [TestCase("model/vocab", "{\"a\":0}", "vocabulary has no")]
    [TestCase("model/vocab/\u65E5", "499999", "U+65E5")]
    [TestCase("added_tokens/0/single_word", "true", "single_word")]
    [TestCase("added_tokens/0/content", "\"\"", "empty")]
    [TestCase("added_tokens/0/content", "5", "expected string")]
    [TestCase("added_tokens/0/id", "1", "the id 1")]
    public void FromTokenizerJson_ChangedFile_IsRefusedByName(string place, string value, string says)
    {
        JsonNode json = JsonNode.Parse(SampleJson)!, at = json;
        string[] names = place.Split('/');
        foreach (string name in names[..^1])
        {
            at = at is JsonArray array ? array[int.Parse(name)]! : at[name]!;
        }

        if (at is JsonArray last)
        {
            last[int.Parse(names[^1])] = JsonNode.Parse(value);
        }
        else
        {
            at[names[^1]] = JsonNode.Parse(value);
        }

        TokenizerFormatException error = Assert.Throws<TokenizerFormatException>(() => Read(json))!;
        Assert.That(error.Message, Does.Contain(says).And.StartWith("tokenizer.json: "));
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("{}")]
    public void FromTokenizerJson_NotATokenizer_IsRefused(string content) =>
        Assert.Throws<TokenizerFormatException>(() => Phi4Tokenizer.FromTokenizerJson(Encoding.UTF8.GetBytes(content)));

    [TestCase("IQ== 0\nbroken", "line 2")]
    [TestCase("I$== 0\n", "line 1")]
    [TestCase("IQ== x\n", "line 1")]
    [TestCase("IQ== 0\nIg== 0\n", "the id 0")]
    [TestCase("IQ== 0\n", "no token for the byte")]
    public void FromRanks_BadLine_IsRefusedByNumber(string content, string says)
    {
        TokenizerFormatException error = Assert.Throws<TokenizerFormatException>(
            () => Phi4Tokenizer.FromRanks(Encoding.UTF8.GetBytes(content), PreTokenizerPattern.Cl100k, []))!;
        Assert.That(error.Message, Does.Contain(says));
    }

    private static Phi4Tokenizer Read(JsonNode json) => Phi4Tokenizer.FromTokenizerJson(JsonSerializer.SerializeToUtf8Bytes(json));

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("phi4-tokenizer-").FullName;

        public void Write(string name, string content) => File.WriteAllText(System.IO.Path.Combine(Path, name), content);

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
