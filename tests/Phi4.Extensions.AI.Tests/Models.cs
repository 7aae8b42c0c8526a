// SPDX-License-Identifier: MIT
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Phi4.TestSupport;
using Phi4.Tokenizer;

namespace Phi4.Extensions.AI.Tests;

/// <summary>The models that these tests run on, each loaded once: the trained sample, and one of random weights whose texts are noise, in phi-4's chat format and in phi-4-mini's.</summary>
[SetUpFixture]
internal sealed class Models
{
    private static readonly Lazy<Phi4Model> LazySample = new(() => Load(Samples.Model, 2048));
    private static readonly Lazy<Phi4Model> LazyNoise = new(() => Load(NoiseFolder("noise", text => text), 8192));
    private static readonly Lazy<Phi4Model> LazyMini = new(() => Load(NoiseFolder("mini", AsMini), 8192));
    private static readonly Lazy<Phi4Model> LazyThinker = new(() => Load(NoiseFolder("thinker", AsThinker), 8192));
    private static readonly string Root = Directory.CreateTempSubdirectory("phi4-ai-tests-").FullName;

    public static Phi4Model Sample => LazySample.Value;

    public static Phi4Model Noise => LazyNoise.Value;

    public static Phi4Model Mini => LazyMini.Value;

    /// <summary>Noise with tokens for <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c>.</summary>
    public static Phi4Model Thinker => LazyThinker.Value;

    [OneTimeTearDown]
    public void Dispose()
    {
        foreach (Lazy<Phi4Model> model in (Lazy<Phi4Model>[])[LazySample, LazyNoise, LazyMini, LazyThinker])
        {
            if (model.IsValueCreated)
            {
                model.Value.Dispose();
            }
        }

        Directory.Delete(Root, recursive: true);
    }

    private static Phi4Model Load(string folder, int context) =>
        Phi4Model.LoadAsync(folder, new Phi4LoadOptions { Device = Phi4Device.Cpu, ContextLength = context, CacheTokens = 8 * context }).GetAwaiter().GetResult();

    /// <summary>Random weights under the sample's tokenizer, which has as many tokens.</summary>
    private static string NoiseFolder(string name, Func<string, string> rewrite)
    {
        string folder = Directory.CreateDirectory(Path.Combine(Root, name)).FullName;
        foreach (string file in (string[])["config.json", "model.safetensors"])
        {
            File.Copy(Path.Combine(Goldens.Model("tiny-phi4"), file), Path.Combine(folder, file));
        }

        foreach (string file in (string[])["generation_config.json", "tokenizer.json", "tokenizer_config.json"])
        {
            File.WriteAllText(Path.Combine(folder, file), rewrite(File.ReadAllText(Path.Combine(Samples.Model, file))));
        }

        return folder;
    }

    private static string AsThinker(string text) =>
        text.Replace("<|dummy_0|>", "<think>", StringComparison.Ordinal).Replace("<|dummy_1|>", "</think>", StringComparison.Ordinal);

    private static string AsMini(string text)
    {
        (string Old, string New)[] names =
        [
            ("<|dummy_0|>", "<|system|>"), ("<|fim_prefix|>", "<|user|>"), ("<|fim_middle|>", "<|assistant|>"), ("<|fim_suffix|>", "<|tool|>"), ("<|dummy_1|>", "<|/tool|>"),
            ("<|dummy_2|>", "<|tool_response|>"), ("<|im_end|>", "<|end|>"),
        ];
        JsonNode json = JsonNode.Parse(text)!;
        if (json["chat_template"] is not null)
        {
            json["chat_template"] = ChatTemplate.Phi4Mini.Source;
        }

        string result = json.ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        return names.Aggregate(result, (current, name) => current.Replace(name.Old, name.New, StringComparison.Ordinal));
    }
}
