// SPDX-License-Identifier: MIT
namespace Phi4.Architecture.Tests.Arrows;

/// <summary>The rooms of the house and who may use whom: the table of docs/architecture.md, as data.</summary>
internal static class Rooms
{
    public const string Contracts = "Phi4";
    public const string Tokenizer = "Phi4.Tokenizer";
    public const string Kernels = "Phi4.Kernels";
    public const string DType = "Phi4.Kernels.DType";
    public const string ReferenceKernels = "Phi4.Kernels.Reference";
    public const string CpuKernels = "Phi4.Kernels.Cpu";
    public const string CudaKernels = "Phi4.Kernels.Cuda";
    public const string MachineCode = "Phi4.Kernels.Cpu.MachineCode";
    public const string Configuration = "Phi4.Core.Configuration";
    public const string Weights = "Phi4.Core.Weights";
    public const string State = "Phi4.Core.State";
    public const string Batching = "Phi4.Core.Batching";
    public const string Model = "Phi4.Core.Model";
    public const string Sampling = "Phi4.Core.Sampling";
    public const string Scheduling = "Phi4.Core.Scheduling";
    public const string Diagnostics = "Phi4.Core.Diagnostics";
    public const string Generation = "Phi4.Core.Generation";
    public const string Hub = "Phi4.Core.Hub";
    public const string Files = "Phi4.Core.Files";
    public const string Evaluation = "Phi4.Core.Evaluation";
    public const string ExtensionsAI = "Phi4.Extensions.AI";
    public const string Cli = "Phi4.Cli";

    /// <summary>Room → rooms that it may use besides itself.</summary>
    public static IReadOnlyDictionary<string, string[]> MayUse { get; } = new Dictionary<string, string[]>
    {
        [Tokenizer] = [],
        // The names of number formats, apart from the arithmetic on them: configurations and people speak of them too.
        [DType] = [],
        [Kernels] = [DType],
        [ReferenceKernels] = [Kernels, DType],
        [CpuKernels] = [MachineCode, Kernels, DType],
        [CudaKernels] = [Kernels, DType],
        // Bodies over pointers: fenced off even from the backend that calls them.
        [MachineCode] = [Kernels, DType],
        // Exceptions, options and results: what every room of Core may say to a caller.
        [Contracts] = [DType],
        [Configuration] = [Contracts, DType],
        // Bytes on the disk and in the system's cache, whatever they mean.
        [Files] = [],
        [Weights] = [Contracts, Configuration, Files, Kernels, DType],
        [Batching] = [Contracts],
        // Step buffers take a batch in; a batch is plain data that knows nobody.
        [State] = [Contracts, Configuration, Batching, Kernels, DType],
        [Model] = [Contracts, Configuration, Weights, State, Batching, Kernels, DType],
        [Sampling] = [Contracts, Kernels, DType],
        [Scheduling] = [Contracts, Configuration, Batching, State, Sampling],
        // What the machine could do at most is measured on the threads and vectors of the CPU backend; whether there is a device, the CUDA backend knows.
        [Diagnostics] = [Contracts, Configuration, Weights, State, Kernels, DType, CpuKernels, CudaKernels],
        // Downloads know files and addresses, not what is in the files.
        [Hub] = [Contracts, Files],
        // The façade sees all of it; it alone picks a backend.
        [Generation] =
        [
            Contracts, Configuration, Weights, State, Batching, Model, Sampling, Scheduling, Diagnostics, Hub,
            Kernels, DType, ReferenceKernels, CpuKernels, CudaKernels, Tokenizer,
        ],
        // A customer of the façade that takes whole rows of logits.
        [Evaluation] = [Contracts, Configuration, State, Sampling, Scheduling, Generation],
        // Public types only: the compiler sees to that, because no shipped project but Phi4.Core is a friend of another.
        [ExtensionsAI] = [Contracts, Generation, Configuration, Diagnostics, DType, Tokenizer],
        [Cli] = [Contracts, Generation, Evaluation, Configuration, Diagnostics, DType, Tokenizer],
    };

    // At the root of Phi4.Core stand the contracts and the façade; these names are the façade.
    private static readonly string[] FacadeTypes = ["ConstraintMatcher", "Phi4Hub", "Phi4Model", "Phi4Quantizer", "Phi4Sequence", "Prompt"];

    private static readonly string[] KernelBackends = ["Reference", "Cpu", "Cuda"];

    /// <summary>The room that a source file belongs to, or null outside src/.</summary>
    public static string? OfFile(string path)
    {
        var parts = path.Split('/');
        if (parts.Length < 3 || parts[0] != "src")
            return null;
        var folder = parts.Length > 3 ? parts[2] : null;
        return parts[1] switch
        {
            Kernels when folder == "Cpu" && parts[3] == "MachineCode" => MachineCode,
            Kernels when folder is null && parts[2] == "DType.cs" => DType,
            Kernels => folder is null || !KernelBackends.Contains(folder) ? Kernels : $"{Kernels}.{folder}",
            "Phi4.Core" when folder is null => FacadeTypes.Contains(parts[2].Split('.')[0]) ? Generation : Contracts,
            "Phi4.Core" => $"Phi4.Core.{folder}",
            _ => parts[1],
        };
    }

    /// <summary>Whether code in one room may use code in another.</summary>
    public static bool Allows(string from, string to)
        => from == to || (MayUse.TryGetValue(from, out var allowed) && allowed.Contains(to));

    /// <summary>Whether a using line for a namespace can serve any allowed purpose; the names that it brings are judged one by one.</summary>
    public static bool AllowsUsing(string from, string space)
        => space == Contracts || !MayUse.ContainsKey(space) || Allows(from, space) || (space == Kernels && Allows(from, DType));
}
