// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda.Driver;

namespace Phi4.Kernels.Cuda.Modules;

/// <summary>
/// From a module's name to its kernels on the device: the best image that the build has for the device, or the next best one where the driver can't take it.
/// What the driver compiles is kept in a cache.
/// </summary>
/// <param name="context">Where to.</param>
/// <param name="device">The context's device.</param>
/// <param name="images">What there is to choose from.</param>
/// <param name="cache">Where compiled modules are kept; null for nowhere.</param>
internal sealed class ModuleLoader(CudaContext context, DeviceInfo device, KernelImages images, ModuleCache? cache)
{
    /// <summary>The image that was loaded by the last call.</summary>
    public ModuleImage? Loaded { get; private set; }

    /// <exception cref="CudaException">The driver took none of the images; has the compiler's log of the last one.</exception>
    /// <exception cref="InvalidOperationException">The build has no image of this module for such a device.</exception>
    public CudaModule Load(string module)
    {
        ModuleImage[] candidates = [.. images.For(module, device.Capability)];
        for (int i = 0; i < candidates.Length; i++)
        {
            try
            {
                CudaModule loaded = Load(candidates[i]);
                Loaded = candidates[i];
                return loaded;
            }
            catch (CudaException e) when (i + 1 < candidates.Length && MeansAnotherImage(e.Status))
            {
                // The next one asks less of driver and device.
            }
        }

        throw new InvalidOperationException($"This build has no CUDA module {module} for compute capability {device.Capability}.");
    }

    private static bool MeansAnotherImage(CUresult status) =>
        status is CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU or CUresult.CUDA_ERROR_INVALID_PTX or CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION;

    private CudaModule Load(ModuleImage image)
    {
        if (image.Kind == ImageKind.Cubin || cache is null)
        {
            return CudaModule.Load(context, image.Read());
        }

        string key = FormattableString.Invariant(
            $"{image.Module}-{image.Architecture}-{images.SourceHash}-sm{device.Capability.Major}{device.Capability.Minor}-driver{device.DriverVersion}");
        if (cache.Read(key) is { } kept)
        {
            try
            {
                return CudaModule.Load(context, kept);
            }
            catch (CudaException e) when (MeansAnotherImage(e.Status) || e.Status == CUresult.CUDA_ERROR_INVALID_IMAGE)
            {
                cache.Forget(key);
            }
        }

        byte[] cubin = CudaLinker.Link(context, image.Read(), image.Module);
        CudaModule module = CudaModule.Load(context, cubin);
        cache.Write(key, cubin);
        return module;
    }
}
