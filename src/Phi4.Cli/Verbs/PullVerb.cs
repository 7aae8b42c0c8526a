// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Text.Json;
using Phi4.Cli.Errors;
using Phi4.Cli.Json;
using Phi4.Cli.Options;
using Phi4.Cli.Streams;

namespace Phi4.Cli.Verbs;

/// <summary><c>phi4 pull</c>: a model from a hub into the cache.</summary>
internal sealed class PullVerb : IVerb
{
    private readonly Argument<string> _name;
    private readonly Option<string?> _revision;
    private readonly Option<string[]> _include;
    private readonly Option<string[]> _exclude;
    private readonly Option<string?> _localDir;
    private readonly Option<int?> _workers;
    private readonly Option<bool> _verify;
    private readonly Option<bool> _dryRun;
    private readonly Option<OutputFormat?> _output;

    public PullVerb(OptionFactory factory)
    {
        _name = new Argument<string>("model") { Description = "The model's name on the hub: owner/name, or owner/name@revision." };
        _revision = factory.Text("--revision", [], "NAME", "Branch, tag or commit; the same as @NAME. Default: main.");
        _include = Patterns("--include", "Download files that match this pattern (* and ?) instead of what loading needs. May be repeated.");
        _exclude = Patterns("--exclude", "Leave files out that match this pattern. May be repeated.");
        _localDir = factory.Text("--local-dir", [], "DIR", "Put the files by their names into this folder instead of the cache. What is there and is not the hub's is replaced.");
        _workers = factory.Integer("--max-workers", [], 1, 64, "Files that are downloaded at once.", "4");
        _verify = factory.Switch("--verify", [], "Also read the files that are there already, and bring those anew whose hash is wrong.");
        _dryRun = factory.Switch("--dry-run", [], "Only tell what would be downloaded.");
        _output = factory.Choice(
            "--output", ["-o"], "json prints one object.", "text", "PHI4_OUTPUT", ("text", OutputFormat.Text), ("json", OutputFormat.Json));
        Command = new Command("pull", "Downloads a model into the hub cache, goes on with what an earlier pull left, checks every file, and prints where the model lies.");
        Command.Add(_name);
        Option[] options = [_revision, _include, _exclude, _localDir, _workers, _verify, _dryRun, _output];
        foreach (Option option in options)
        {
            Command.Add(option);
        }
    }

    public Command Command { get; }

    public async Task<int> RunAsync(VerbContext context)
    {
        ParseResult parse = context.Parse;
        string name = NameOf(parse);
        HubOptions options = Phi4Hub.OptionsFrom(context.Terminal.Environment) with
        {
            Include = parse.GetValue(_include) ?? [],
            Exclude = parse.GetValue(_exclude) ?? [],
            LocalFolder = parse.GetValue(_localDir) is { } folder ? Path.GetFullPath(folder) : null,
            MaxParallelFiles = parse.GetValue(_workers) ?? new HubOptions().MaxParallelFiles,
            Verify = parse.GetValue(_verify),
        };
        bool isJson = parse.GetValue(_output) == OutputFormat.Json;
        if (parse.GetValue(_dryRun))
        {
            Write(context, await Phi4Hub.PlanAsync(name, options, context.Cancellation).ConfigureAwait(false), isJson);
            return ExitCode.Success;
        }

        try
        {
            PulledModel pulled = await PullTalk.RunAsync(
                context.Talk, progress => Phi4Hub.PullAsync(name, options, progress, context.Cancellation)).ConfigureAwait(false);
            context.Talk.Note(
                $"{name}: {pulled.Files.Count} files, {Quantity.Bytes(pulled.Files.Sum(file => file.Bytes))}, of which {Quantity.Bytes(pulled.BytesReceived)} came just now");
            Write(context, pulled, isJson);
            return ExitCode.Success;
        }
        catch (OperationCanceledException)
        {
            context.Talk.Note("What has come stays; the same command goes on from there.");
            throw;
        }
    }

    private string NameOf(ParseResult parse)
    {
        string name = parse.GetValue(_name)!;
        string? revision = parse.GetValue(_revision);
        if (revision is not null && name.Contains('@', StringComparison.Ordinal))
        {
            throw CommandException.Usage($"{name} names a revision, and so does --revision {revision}.");
        }

        name = revision is null ? name : $"{name}@{revision}";
        return Phi4Hub.IsModelName(name) ? name : throw CommandException.Usage($"\"{name}\" is no name of a model.", "phi4 pull owner/name, as in phi4 pull microsoft/phi-4");
    }

    private static void Write(VerbContext context, PulledModel pulled, bool isJson)
    {
        if (!isJson)
        {
            context.Terminal.Out.WriteLine(pulled.Path);
            return;
        }

        using var line = new JsonLine();
        context.Terminal.Out.WriteLine(line.Object(writer =>
        {
            writer.WriteString("model", pulled.Model);
            writer.WriteString("commit", pulled.Commit);
            writer.WriteString("path", pulled.Path);
            writer.WriteNumber("bytes_received", pulled.BytesReceived);
            WriteFiles(writer, pulled.Files);
        }));
    }

    private static void Write(VerbContext context, PullPlan plan, bool isJson)
    {
        if (isJson)
        {
            using var line = new JsonLine();
            context.Terminal.Out.WriteLine(line.Object(writer =>
            {
                writer.WriteString("model", plan.Model);
                writer.WriteString("commit", plan.Commit);
                writer.WriteString("path", plan.Folder);
                writer.WriteNumber("bytes", plan.TotalBytes);
                writer.WriteNumber("bytes_missing", plan.MissingBytes);
                WriteFiles(writer, plan.Files);
            }));
            return;
        }

        var table = new TextTable("bytes", "here", "file");
        foreach (HubFile file in plan.Files)
        {
            table.Add(FormattableString.Invariant($"{file.Bytes:N0}"), FormattableString.Invariant($"{file.CachedBytes:N0}"), file.Path);
        }

        table.WriteTo(context.Terminal.Out);
        context.Terminal.Out.WriteLine($"{Quantity.Bytes(plan.MissingBytes)} of {Quantity.Bytes(plan.TotalBytes)} would be downloaded to {plan.Folder}");
    }

    private static void WriteFiles(Utf8JsonWriter writer, IReadOnlyList<HubFile> files)
    {
        writer.WriteStartArray("files");
        foreach (HubFile file in files)
        {
            writer.WriteStartObject();
            writer.WriteString("path", file.Path);
            writer.WriteNumber("bytes", file.Bytes);
            writer.WriteString(file.Hash.Length == 64 ? "sha256" : "git_sha1", file.Hash);
            writer.WriteNumber("bytes_here", file.CachedBytes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static Option<string[]> Patterns(string name, string help) => new(name) { HelpName = "PATTERN", Description = help, Arity = ArgumentArity.OneOrMore };
}
