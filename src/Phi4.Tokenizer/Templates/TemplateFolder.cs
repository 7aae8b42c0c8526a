// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace Phi4.Tokenizer.Templates;

/// <summary>What a model folder says about its chat template: the texts by name and the special tokens they may print.</summary>
internal sealed class TemplateFolder
{
    public const string DefaultName = "default";
    public const string ToolUseName = "tool_use";

    private static readonly string[] TokenNames = ["bos_token", "eos_token", "pad_token", "unk_token", "sep_token", "cls_token", "mask_token"];

    private readonly string _folder;

    private TemplateFolder(string folder) => _folder = folder;

    public Dictionary<string, string> Templates { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Tokens { get; } = new(StringComparer.Ordinal);

    /// <summary>Later sources win, as in Hugging Face's loader: tokenizer_config.json, chat_template.json, chat_template.jinja.</summary>
    public static TemplateFolder Read(string folder)
    {
        var found = new TemplateFolder(folder);
        found.ReadJson("special_tokens_map.json", (_, root) => found.AddTokens(root));
        found.ReadJson("tokenizer_config.json", (file, root) =>
        {
            found.AddTokens(root);
            found.AddTemplates(file, root);
        });
        found.ReadJson("chat_template.json", found.AddTemplates);
        found.ReadText("chat_template.jinja", DefaultName);
        string additional = Path.Combine(folder, "additional_chat_templates");
        if (Directory.Exists(additional))
        {
            foreach (string file in Directory.EnumerateFiles(additional, "*.jinja").Order(StringComparer.Ordinal))
            {
                found.ReadText(Path.Combine("additional_chat_templates", Path.GetFileName(file)), Path.GetFileNameWithoutExtension(file));
            }
        }

        return found;
    }

    private void ReadText(string file, string name)
    {
        string path = Path.Combine(_folder, file);
        if (File.Exists(path))
        {
            Templates[name] = File.ReadAllText(path);
        }
    }

    private void ReadJson(string file, Action<string, JsonElement> use)
    {
        string path = Path.Combine(_folder, file);
        if (!File.Exists(path))
        {
            return;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Malformed(path, "the root is not an object");
            }

            use(path, document.RootElement);
        }
        catch (JsonException error)
        {
            throw Malformed(path, error.Message, error);
        }
    }

    private void AddTokens(JsonElement root)
    {
        foreach (string name in TokenNames)
        {
            if (!root.TryGetProperty(name, out JsonElement token))
            {
                continue;
            }

            if (token.ValueKind == JsonValueKind.Object && token.TryGetProperty("content", out JsonElement content))
            {
                token = content;
            }

            if (token.ValueKind == JsonValueKind.String)
            {
                Tokens[name] = token.GetString()!;
            }
        }
    }

    private void AddTemplates(string path, JsonElement root)
    {
        if (!root.TryGetProperty("chat_template", out JsonElement template))
        {
            return;
        }

        switch (template.ValueKind)
        {
            case JsonValueKind.String:
                Templates[DefaultName] = template.GetString()!;
                break;
            case JsonValueKind.Array:
                foreach (JsonElement entry in template.EnumerateArray())
                {
                    if (entry.ValueKind != JsonValueKind.Object
                        || !entry.TryGetProperty("name", out JsonElement name) || name.ValueKind != JsonValueKind.String
                        || !entry.TryGetProperty("template", out JsonElement text) || text.ValueKind != JsonValueKind.String)
                    {
                        throw Malformed(path, "an entry of 'chat_template' lacks a 'name' or a 'template' of type string");
                    }

                    Templates[name.GetString()!] = text.GetString()!;
                }

                break;
            case JsonValueKind.Null:
                break;
            default:
                throw Malformed(path, $"'chat_template' is a {template.ValueKind}, expected a string or a list of named templates");
        }
    }

    private static ChatTemplateException Malformed(string path, string problem, Exception? cause = null) =>
        new(ChatTemplateErrorKind.File, $"{path}: {problem}", cause);
}
