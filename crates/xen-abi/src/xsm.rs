//! `xsm_op`: security labels, by Flask.

use crate::constant::{header_consts, header_enum};

header_consts! {
    /// The version a caller must give
    INTERFACE_VERSION: u32 = 1 => "XEN_FLASK_INTERFACE_VERSION",
}

header_enum! {
    /// An operation of `xsm_op` (`xen/include/public/xsm/flask_op.h`).
    FlaskOp: u32 {
        Load = 1 = "FLASK_LOAD",
        Getenforce = 2 = "FLASK_GETENFORCE",
        Setenforce = 3 = "FLASK_SETENFORCE",
        ContextToSid = 4 = "FLASK_CONTEXT_TO_SID",
        SidToContext = 5 = "FLASK_SID_TO_CONTEXT",
        Access = 6 = "FLASK_ACCESS",
        Create = 7 = "FLASK_CREATE",
        Relabel = 8 = "FLASK_RELABEL",
        User = 9 = "FLASK_USER",
        Policyvers = 10 = "FLASK_POLICYVERS",
        Getbool = 11 = "FLASK_GETBOOL",
        Setbool = 12 = "FLASK_SETBOOL",
        Commitbools = 13 = "FLASK_COMMITBOOLS",
        Mls = 14 = "FLASK_MLS",
        Disable = 15 = "FLASK_DISABLE",
        GetavcThreshold = 16 = "FLASK_GETAVC_THRESHOLD",
        SetavcThreshold = 17 = "FLASK_SETAVC_THRESHOLD",
        AvcHashstats = 18 = "FLASK_AVC_HASHSTATS",
        AvcCachestats = 19 = "FLASK_AVC_CACHESTATS",
        Member = 20 = "FLASK_MEMBER",
        AddOcontext = 21 = "FLASK_ADD_OCONTEXT",
        DelOcontext = 22 = "FLASK_DEL_OCONTEXT",
        GetPeerSid = 23 = "FLASK_GET_PEER_SID",
        RelabelDomain = 24 = "FLASK_RELABEL_DOMAIN",
        DevicetreeLabel = 25 = "FLASK_DEVICETREE_LABEL",
    }
}
