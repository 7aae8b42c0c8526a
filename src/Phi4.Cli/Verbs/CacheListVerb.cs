// SPDX-License-Identifier: MIT
using System.CommandLine;
using Phi4.Cli.Errors;
using Phi4.Cli.Json;
using Phi4.Cli.Options;
using Phi4.Cli.Streams;

namespace Phi4.Cli.Verbs;

/// <summary><c>phi4 cache ls</c>: the models in the hub cache and what they take.</summary>
internal sealed class CacheListVerb : IVerb
{
    private readonly Option<OutputFormat?> _output;

    public CacheListVerb(OptionFactory factory)
    {
        _output = factory.Choice(
            "--output", ["-o"], "json prints one object a model.", "text", "PHI4_OUTPUT", ("text", OutputFormat.Text), ("json", OutputFormat.Json));
        Command = new Command("ls", "Lists downloaded models, their revisions, and what they take on the disk.") { _output };
    }

    public Command Command { get; }

    public Task<int> RunAsync(VerbContext context)
    {
        HubOptions options = Phi4Hub.OptionsFrom(context.Terminal.Environment);
        IReadOnlyList<CachedRepository> models = Phi4Hub.List(options);
        if (context.Parse.GetValue(_output) == OutputFormat.Json)
        {
            foreach (CachedRepository model in models)
            {
                WriteJson(context, model);
            }
        }
        else
        {
            WriteTable(context, models);
            context.Talk.Note(FormattableString.Invariant($"{options.CacheFolder}: {models.Count} models, {Quantity.Bytes(models.Sum(model => model.Bytes))}"));
        }

        return Task.FromResult(ExitCode.Success);
    }

    private static void WriteTable(VerbContext context, IReadOnlyList<CachedRepository> models)
    {
        if (models.Count == 0)
        {
            return;
        }

        var table = new TextTable("bytes", "unfinished", "model", "revisions");
        foreach (CachedRepository model in models)
        {
            table.Add(
                FormattableString.Invariant($"{model.Bytes:N0}"), FormattableString.Invariant($"{model.UnfinishedBytes:N0}"), model.Model,
                string.Join(", ", model.Revisions.Select(Describe)));
        }

        table.WriteTo(context.Terminal.Out);
    }

    private static string Describe(CachedRevision revision)
    {
        const int ShortCommit = 8;
        string commit = revision.Commit[..ShortCommit];
        return revision.Names.Count == 0 ? commit : $"{string.Join(" and ", revision.Names)} ({commit})";
    }

    private static void WriteJson(VerbContext context, CachedRepository model)
    {
        using var line = new JsonLine();
        context.Terminal.Out.WriteLine(line.Object(writer =>
        {
            writer.WriteString("model", model.Model);
            writer.WriteString("path", model.Folder);
            writer.WriteNumber("bytes", model.Bytes);
            writer.WriteNumber("bytes_unfinished", model.UnfinishedBytes);
            writer.WriteStartArray("revisions");
            foreach (CachedRevision revision in model.Revisions)
            {
                writer.WriteStartObject();
                writer.WriteString("commit", revision.Commit);
                writer.WriteStartArray("names");
                foreach (string name in revision.Names)
                {
                    writer.WriteStringValue(name);
                }

                writer.WriteEndArray();
                writer.WriteNumber("files", revision.FileCount);
                writer.WriteNumber("bytes", revision.Bytes);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }));
    }
}
