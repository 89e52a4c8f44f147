/**
 * A `tf.io.IOHandler`, declared structurally: what `model.save` and `tf.loadLayersModel` take.
 */
export interface ModelIO {
  save(artifacts: ModelArtifacts): Promise<ModelSaveResult>;
  load(): Promise<ModelArtifacts>;
}

/** What tfjs saves and loads of a model. */
export interface ModelArtifacts {
  modelTopology?: object | ArrayBuffer;
  trainingConfig?: ModelTrainingConfig;
  weightSpecs?: WeightSpec[];
  weightData?: ArrayBuffer | ArrayBuffer[];
  format?: string;
  generatedBy?: string;
  convertedBy?: string | null;
  signature?: object;
  userDefinedMetadata?: Record<string, object>;
  modelInitializer?: object;
  initializerSignature?: object;
}

export interface ModelTrainingConfig {
  optimizer_config: object;
  loss: string | string[] | Record<string, string>;
  metrics?: string[] | Record<string, string>;
  weighted_metrics?: string[];
  sample_weight_mode?: string;
  loss_weights?: number[] | Record<string, number>;
}

/** What tfjs says of the bytes of one weight. */
export interface WeightSpec {
  name: string;
  shape: number[];
  dtype: 'float32' | 'int32' | 'bool' | 'string' | 'complex64';
  group?: 'model' | 'optimizer';
  quantization?: { scale?: number; min?: number; dtype: 'uint16' | 'uint8' | 'float16' };
}

export interface ModelSaveResult {
  modelArtifactsInfo: {
    dateSaved: Date;
    modelTopologyType: 'JSON' | 'GraphDef';
    modelTopologyBytes?: number;
    weightSpecsBytes?: number;
    weightDataBytes?: number;
  };
}
