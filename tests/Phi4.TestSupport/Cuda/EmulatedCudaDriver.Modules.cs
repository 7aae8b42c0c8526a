// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Phi4.Kernels.Cuda;
using Phi4.Kernels.Cuda.Driver;

namespace Phi4.TestSupport.Cuda;

/// <content>Modules: PTX is judged by its heading as a real compiler would; its kernels run where <see cref="IEmulatedKernels"/> has them.</content>
internal sealed unsafe partial class EmulatedCudaDriver
{
    private const int FreeSharedBytes = 48 << 10;
    private const int MostThreads = 1024;

    /// <summary>Modules that the compiler was asked to make from PTX.</summary>
    public int CompiledCount { get; private set; }

    /// <summary>What a cubin of this driver begins with, for a device.</summary>
    public static string CubinHeading(ComputeCapability capability) => $"emulated cubin for {capability}\n";

    public CUresult cuModuleLoadDataEx(nint* module, void* image, uint optionCount, CUjit_option* options, void** values)
        => InContext(nameof(cuModuleLoadDataEx), () =>
        {
            string text = Marshal.PtrToStringUTF8((nint)image)!;
            CUresult status = CUresult.CUDA_SUCCESS;
            if (text.StartsWith("emulated cubin", StringComparison.Ordinal))
            {
                status = text.StartsWith(CubinHeading(device.Capability), StringComparison.Ordinal) ? status : CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU;
            }
            else
            {
                status = Compile(text, optionCount, options, values);
            }

            return status == CUresult.CUDA_SUCCESS ? Give(module, Add(new ModuleObject(EntriesOf(text)))) : status;
        });

    public CUresult cuModuleUnload(nint module) => Release(nameof(cuModuleUnload), () => Remove<ModuleObject>(module));

    public CUresult cuModuleGetFunction(nint* function, nint module, byte* name) => InContext(nameof(cuModuleGetFunction), () =>
    {
        string text = Marshal.PtrToStringUTF8((nint)name)!;
        if (!TryGet(module, out ModuleObject loaded) || !loaded.Entries.Contains(text) || kernels.Find(text) < 0)
        {
            return CUresult.CUDA_ERROR_NOT_FOUND;
        }

        return Give(function, Add(new FunctionObject(text, kernels.Find(text))));
    });

    public CUresult cuFuncSetAttribute(nint function, CUfunction_attribute attribute, int value) => InContext(nameof(cuFuncSetAttribute), () =>
    {
        if (!TryGet(function, out FunctionObject kernel) || value > device.SharedBytesPerBlock)
        {
            return CUresult.CUDA_ERROR_INVALID_VALUE;
        }

        kernel.SharedBytes = value;
        return CUresult.CUDA_SUCCESS;
    });

    public CUresult cuLaunchKernelEx(CUlaunchConfig* config, nint function, void** parameters, void** extra) => InContext(nameof(cuLaunchKernelEx), () =>
    {
        bool overlaps = config->AttributeCount == 1;
        if (!TryGet(function, out FunctionObject kernel)
            || config->GridDimX == 0 || config->GridDimY is 0 or > 65535 || config->GridDimZ is 0 or > 65535
            || config->BlockDimX is 0 or > MostThreads || config->BlockDimX % 32 != 0 || config->BlockDimY != 1 || config->BlockDimZ != 1
            || config->SharedMemBytes > kernel.SharedBytes || (overlaps && device.Capability.Major < 9))
        {
            return CUresult.CUDA_ERROR_INVALID_VALUE;
        }

        EmulatedLaunch launch = new(
            kernel.Name, config->GridDimX, config->GridDimY, config->GridDimZ, config->BlockDimX, config->SharedMemBytes, overlaps);
        byte[] block = new ReadOnlySpan<byte>(parameters[0], kernels.ParameterBytes(kernel.Number)).ToArray();
        return Do(config->Stream, () =>
        {
            Launches.Add(launch);
            _lastLaunchError = kernels.Launch(kernel.Number, launch, block);
            return _lastLaunchError is null ? CUresult.CUDA_SUCCESS : CUresult.CUDA_ERROR_LAUNCH_FAILED;
        });
    });

    public CUresult cuLinkCreate(uint optionCount, CUjit_option* options, void** values, nint* state)
        => InContext(nameof(cuLinkCreate), () => Give(state, Add(new LinkObject(optionCount, (nint)options, (nint)values))));

    public CUresult cuLinkAddData(
        nint state, CUjitInputType type, void* data, nuint bytes, byte* name, uint optionCount, CUjit_option* options, void** values)
        => InContext(nameof(cuLinkAddData), () =>
        {
            if (!TryGet(state, out LinkObject link) || type != CUjitInputType.CU_JIT_INPUT_PTX || ((byte*)data)[bytes - 1] != 0)
            {
                return CUresult.CUDA_ERROR_INVALID_VALUE;
            }

            string text = Encoding.UTF8.GetString((byte*)data, (int)bytes - 1);
            CUresult status = Compile(text, link.OptionCount, (CUjit_option*)link.Options, (void**)link.Values);
            link.Cubin = Encoding.UTF8.GetBytes(CubinHeading(device.Capability) + text + '\0');
            return status;
        });

    public CUresult cuLinkComplete(nint state, void** cubin, nuint* bytes) => InContext(nameof(cuLinkComplete), () =>
    {
        if (!TryGet(state, out LinkObject link))
        {
            return CUresult.CUDA_ERROR_INVALID_HANDLE;
        }

        link.Pin = GCHandle.Alloc(link.Cubin, GCHandleType.Pinned);
        *cubin = (void*)link.Pin.AddrOfPinnedObject();
        return Give(bytes, (nuint)link.Cubin.Length);
    });

    public CUresult cuLinkDestroy(nint state) => Release(nameof(cuLinkDestroy), () =>
    {
        if (TryGet(state, out LinkObject link) && link.Pin.IsAllocated)
        {
            link.Pin.Free();
        }

        return Remove<LinkObject>(state);
    });

    private CUresult Compile(string ptx, uint optionCount, CUjit_option* options, void** values)
    {
        CompiledCount++;
        Match version = Version().Match(ptx);
        Match target = Target().Match(ptx);
        if (!version.Success || !target.Success)
        {
            for (uint i = 0; i < optionCount; i++)
            {
                if (options[i] == CUjit_option.CU_JIT_ERROR_LOG_BUFFER)
                {
                    byte[] log = Encoding.UTF8.GetBytes($"ptxas: no .version and .target in \"{ptx[..Math.Min(20, ptx.Length)]}\"\0");
                    log.CopyTo(new Span<byte>(values[i], log.Length));
                }
            }

            return CUresult.CUDA_ERROR_INVALID_PTX;
        }

        if (Number(version.Groups[1]) * 10 + Number(version.Groups[2]) > device.PtxVersion)
        {
            return CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
        }

        ComputeCapability wanted = new(Number(target.Groups[1]), Number(target.Groups[2]));
        bool serves = target.Groups[3].Length > 0 ? wanted == device.Capability : wanted <= device.Capability;
        return serves ? CUresult.CUDA_SUCCESS : CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU;
    }

    private static int Number(Group digits) => int.Parse(digits.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\s*\.version (\d+)\.(\d+)", RegexOptions.Multiline)]
    private static partial Regex Version();

    [GeneratedRegex(@"^\s*\.target sm_(\d+)(\d)(a?)\b", RegexOptions.Multiline)]
    private static partial Regex Target();

    private static HashSet<string> EntriesOf(string image)
    {
        const string Before = ".entry ";
        HashSet<string> entries = [];
        for (int at = image.IndexOf(Before, StringComparison.Ordinal); at >= 0; at = image.IndexOf(Before, at, StringComparison.Ordinal))
        {
            at += Before.Length;
            entries.Add(image[at..image.IndexOf('(', at)]);
        }

        return entries;
    }

    private sealed record ModuleObject(HashSet<string> Entries);

    private sealed class FunctionObject(string name, int number)
    {
        public string Name => name;

        public int Number => number;

        public int SharedBytes { get; set; } = FreeSharedBytes;
    }

    private sealed class LinkObject(uint optionCount, nint options, nint values)
    {
        public uint OptionCount => optionCount;

        public nint Options => options;

        public nint Values => values;

        public byte[] Cubin { get; set; } = [];

        public GCHandle Pin { get; set; }
    }
}
