// SPDX-License-Identifier: MIT
using Phi4.Cli.Bench.Peers;
using Phi4.Cli.Options;
using Phi4.Cli.Streams;
using Phi4.Tokenizer;
using Phi4.Tokenizer.Templates;

namespace Phi4.Cli.Errors;

/// <summary>An exception as the command's user sees it: exit code, what is wrong, what may help.</summary>
/// <param name="ExitCode">One of <see cref="Errors.ExitCode"/>.</param>
/// <param name="Type">A word for programs, as JSON error objects carry it.</param>
/// <param name="Message">What is wrong, with names and numbers.</param>
/// <param name="Hint">What may help, or null.</param>
internal sealed record ErrorReport(int ExitCode, string Type, string Message, string? Hint)
{
    public static ErrorReport Of(Exception exception) => exception switch
    {
        CommandException e => new(e.ExitCode, TypeOf(e.ExitCode), e.Message, e.Hint),
        PeerException e => new(Errors.ExitCode.Failed, TypeOf(e.Fault), e.Message, null),
        RequestException e => new(Errors.ExitCode.Failed, e.Type, e.Message, null),
        InvalidOptionsException e => new(Errors.ExitCode.Usage, "invalid_options", OptionNames.Describe(e), null),
        ConstraintException e => new(Errors.ExitCode.Usage, "invalid_constraint", e.Message, null),
        ContextLengthExceededException e => new(
            Errors.ExitCode.Failed, "context_length_exceeded", e.Message, "--ctx-size sets the context; without it, it is what memory and the model allow."),
        DeviceUnavailableException e => new(Errors.ExitCode.NoSuchDevice, TypeOf(Errors.ExitCode.NoSuchDevice), e.Message, "--device cpu runs on the processor."),
        DeviceException e => new(Errors.ExitCode.Failed, "device", e.Message, null),
        InsufficientModelMemoryException e => new(Errors.ExitCode.OutOfMemory, "out_of_memory", e.Message, MemoryHint(e)),
        KvCacheFullException e => new(Errors.ExitCode.OutOfMemory, "cache_full", e.Message, null),
        OutOfMemoryException e => new(Errors.ExitCode.OutOfMemory, "out_of_memory", e.Message, "a smaller --ctx-size or --kv int8 takes less memory."),
        ModelNotCachedException e => new(
            Errors.ExitCode.ModelNotFound, TypeOf(Errors.ExitCode.ModelNotFound),
            $"{e.Model} is neither a file or folder nor a downloaded model: the hub cache {e.CacheFolder} {e.Lacks}.", $"`phi4 pull {e.Model}` downloads it."),
        HubException e => new(Errors.ExitCode.ModelNotFound, "download", e.Message, HubHints.For(e)),
        DownloadMismatchException e => new(Errors.ExitCode.ModelNotFound, "download", e.Message, "the hub, or something on the way to it, sends other bytes than it announces."),
        ModelFormatException e => new(Errors.ExitCode.UnsupportedFormat, "model_format", e.Message, null),
        ChatTemplateException e => new(
            e.Kind is ChatTemplateErrorKind.Raised or ChatTemplateErrorKind.Evaluation or ChatTemplateErrorKind.Limit
                ? Errors.ExitCode.Failed
                : Errors.ExitCode.UnsupportedFormat,
            "chat_template", e.Message, null),
        TokenizerFormatException e => new(Errors.ExitCode.UnsupportedFormat, "model_format", e.Message, null),
        TokenizerException e => new(Errors.ExitCode.Failed, "invalid_request", e.Message, null),
        Phi4Exception e => new(Errors.ExitCode.Failed, "failed", e.Message, null),
        OperationCanceledException => new(Errors.ExitCode.Interrupted, "cancelled", "interrupted", null),
        FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException or IOException =>
            new(Errors.ExitCode.Failed, "file", exception.Message, null),
        ArgumentException e => new(Errors.ExitCode.Failed, "invalid_request", WithoutParameter(e), null),
        _ => new(Errors.ExitCode.Failed, "internal", $"{exception.GetType().Name}: {exception.Message}", "-vv shows where; this is a defect of the program."),
    };

    private static string TypeOf(int exitCode) => exitCode switch
    {
        Errors.ExitCode.Usage => "usage",
        Errors.ExitCode.ModelNotFound => "model_not_found",
        Errors.ExitCode.UnsupportedFormat => "model_format",
        Errors.ExitCode.OutOfMemory => "out_of_memory",
        Errors.ExitCode.NoSuchDevice => "no_such_device",
        _ => "failed",
    };

    private static string TypeOf(PeerFault fault) => fault switch
    {
        PeerFault.ProgramMissing => "peer_missing",
        PeerFault.ModelMissing => "peer_model_missing",
        PeerFault.Failed => "peer_failed",
        _ => "peer_output",
    };

    private static string? MemoryHint(InsufficientModelMemoryException e) => e.LargestContextTokens > 0
        ? FormattableString.Invariant($"--ctx-size {e.LargestContextTokens} fits; --kv int8 takes half of what the context takes in bf16.")
        : "--kv int8 takes half of what the context takes in bf16.";

    /// <summary>The message without the runtime's " (Parameter 'x')", which names nothing that the command's user knows.</summary>
    private static string WithoutParameter(ArgumentException e)
    {
        int end = e.Message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return end < 0 ? e.Message : e.Message[..end];
    }
}
