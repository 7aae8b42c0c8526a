// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Phi4.Cli.Errors;
using Phi4.Cli.Options;
using Phi4.Core.Diagnostics;

namespace Phi4.Cli.Verbs;

/// <summary><c>phi4 doctor</c>: what this machine has, what will be used, and why not the rest.</summary>
internal sealed class DoctorVerb : IVerb
{
    private const long LittleMemory = 4L << 30;

    private readonly ModelOptions _model;

    public DoctorVerb(OptionFactory factory)
    {
        _model = new ModelOptions(factory);
        Command = new Command("doctor", "Tells what this machine has and what will be used, and tries one step of a model: PASS, WARN and FAIL lines.");
        _model.AddTo(Command);
    }

    public Command Command { get; }

    public async Task<int> RunAsync(VerbContext context)
    {
        var lines = new Findings(context.Terminal.Out);
        lines.Say(Finding.Info, "phi4", Version());
        lines.Say(Finding.Info, "system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}");
        lines.Say(Finding.Info, "runtime", $"{RuntimeInformation.FrameworkDescription}, {(RuntimeFeature.IsDynamicCodeCompiled ? "just-in-time" : "ahead-of-time")} code");
        SayProcessor(lines);
        SayMemory(lines);
        SayDevices(lines);
        SayHub(lines, context);
        await SayModelAsync(context, lines).ConfigureAwait(false);
        return lines.AnyFailed ? ExitCode.Failed : ExitCode.Success;
    }

    private static void SayDevices(Findings lines)
    {
        const string Taken = "; what --device auto takes";
        string? whyNot = CudaSupport.WhyNot();
        lines.Say(Finding.Pass, "device cpu", $"available{(whyNot is null ? "" : Taken)}");
        lines.Say(Finding.Pass, "device reference", "available; slow float64, for comparing");
        lines.Say(
            whyNot is null ? Finding.Pass : CudaSupport.HasDriver ? Finding.Warn : Finding.Info,
            "device cuda", whyNot is null ? $"available{Taken}: {CudaSupport.Describe()}" : $"not used: {whyNot}");
    }

    private static void SayHub(Findings lines, VerbContext context)
    {
        HubOptions hub = Phi4Hub.OptionsFrom(context.Terminal.Environment);
        string token = hub.Token is { Length: > 0 } ? "a token" : "no token";
        lines.Say(Finding.Info, "hub", $"{(hub.Offline == true ? "offline, " : "")}{hub.Endpoint!.ToString().TrimEnd('/')} with {token}; cache {hub.CacheFolder}");
    }

    private static void SayProcessor(Findings lines)
    {
        lines.Say(
            Finding.Info, "processors",
            FormattableString.Invariant($"{Environment.ProcessorCount} that this process may use; as many threads unless --threads says otherwise"));
        int bits = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 0;
        string sets = string.Join(", ", InstructionSets().Where(set => set.IsSupported).Select(set => set.Name));
        lines.Say(
            bits >= 256 || (bits == 128 && !X86Base.IsSupported) ? Finding.Pass : Finding.Warn,
            "vectors",
            bits == 0 ? "none: arithmetic runs one number at a time" : FormattableString.Invariant($"{bits} bits will be used ({sets})"));
        lines.Say(
            Finding.Info, "machine code",
            MachineCode.WhyNot is { } why ? $"not used: {why}" : "AVX512-VNNI will be used for int8 and int4 weights; PHI4_MACHINE_CODE=0 turns it off");
        lines.Say(
            Finding.Info, "machine code",
            MachineCode.WhyNotForBFloat16 is { } whyNot ? $"not used for bf16: {whyNot}" : "AVX512-BF16 will be used for bf16 weights; PHI4_MACHINE_CODE=0 turns it off");
        if (bits < 512 && X86Base.IsSupported)
        {
            lines.Say(
                Finding.Info, "512-bit vectors",
                Avx512F.IsSupported
                    ? "not used: the runtime prefers narrower ones on this processor"
                    : RuntimeFeature.IsDynamicCodeCompiled
                        ? "not used: the processor, or the runtime's settings, do not offer AVX-512"
                        : "not used: this program was published without AVX-512, see docs/ahead-of-time.md");
        }
    }

    private static void SayMemory(Findings lines)
    {
        long total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        long available = SystemMemory.AvailableBytes();
        lines.Say(
            available >= LittleMemory ? Finding.Pass : Finding.Warn, "memory", FormattableString.Invariant($"{available:N0} bytes free of {total:N0}"));
        lines.Say(
            Finding.Info, "huge pages",
            HugePageSupport.WhyNot() is { } why ? $"not had: {why}" : "had, 2 MB each: for weights converted while loading, KV cache and scratch");
    }

    private async Task SayModelAsync(VerbContext context, Findings lines)
    {
        const string Topic = "one step";
        try
        {
            string? folder = _model.FolderOf(context.Parse);
            Phi4LoadOptions options = _model.LoadOptionsOf(context.Parse, maxSequences: 1);
            string result = folder is null
                ? await SelfTest.RunOnRandomModelAsync(options, context.Cancellation).ConfigureAwait(false)
                : await SelfTest.RunAsync(folder, options, context.Cancellation).ConfigureAwait(false);
            lines.Say(Finding.Pass, Topic, result);
        }
        catch (CommandException e) when (e.ExitCode == ExitCode.Usage)
        {
            throw;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            ErrorReport report = ErrorReport.Of(e);
            lines.Say(Finding.Fail, Topic, report.Message);
            context.Talk.Report(report, e);
        }
    }

    private static IEnumerable<(string Name, bool IsSupported)> InstructionSets() =>
    [
        ("SSE4.2", Sse42.IsSupported), ("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported), ("AVX-VNNI", AvxVnni.IsSupported),
        ("AVX-512F", Avx512F.IsSupported), ("AVX-512BW", Avx512BW.IsSupported), ("AVX-512VBMI", Avx512Vbmi.IsSupported),
        ("AdvSimd", System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported), ("DotProd", System.Runtime.Intrinsics.Arm.Dp.IsSupported),
    ];

    private static string Version() =>
        typeof(Phi4Model).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "of unknown version";

    private enum Finding
    {
        Info,
        Pass,
        Warn,
        Fail,
    }

    private sealed class Findings(TextWriter writer)
    {
        public bool AnyFailed { get; private set; }

        public void Say(Finding finding, string topic, string text)
        {
            AnyFailed |= finding == Finding.Fail;
            string word = finding.ToString().ToUpper(CultureInfo.InvariantCulture);
            writer.WriteLine($"{word,-5} {topic + ":",-18} {text}");
            writer.Flush();
        }
    }
}
